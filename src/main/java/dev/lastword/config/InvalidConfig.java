package dev.lastword.config;

import java.util.List;

/** A configuration that cannot be used, with everything that is wrong with it. Its message has one line for each problem. */
public final class InvalidConfig extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String source;
  private final transient List<Problem> problems;

  /**
   * Made with every problem at once.
   *
   * @param source what is wrong: the name of a file, as the user gave it
   * @param problems at least one, in the order of the text
   */
  public InvalidConfig(String source, List<Problem> problems) {
    super(message(source, problems));
    this.source = source;
    this.problems = List.copyOf(problems);
  }

  /** What is wrong: the name of a file, as the user gave it. */
  public String source() {
    return source;
  }

  /** Everything that is wrong, in the order of the text. */
  public List<Problem> problems() {
    return problems;
  }

  private static String message(String source, List<Problem> problems) {
    StringBuilder text = new StringBuilder();
    for (Problem problem : problems) {
      if (!text.isEmpty()) {
        text.append('\n');
      }
      text.append(source).append(problem.line() > 0 ? ":" : ": ").append(problem);
    }
    return text.toString();
  }
}
