package dev.lastword.demo;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of a MySQL server.
 *
 * @param major the first number, such as 9
 * @param minor the second number
 * @param patch the third number
 * @param text all of it as the program or the package says it, such as {@code 9.7.4-2}
 */
public record MySqlVersion(int major, int minor, int patch, String text)
    implements Comparable<MySqlVersion> {
  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)([-+~.\\w]*)");

  /** Finds the version in what {@code mysqld --version} prints, or in a package's version; empty if there is none. */
  static Optional<MySqlVersion> in(String line) {
    Matcher numbers = NUMBERS.matcher(line);
    if (!numbers.find()) {
      return Optional.empty();
    }
    return Optional.of(
        new MySqlVersion(
            Integer.parseInt(numbers.group(1)),
            Integer.parseInt(numbers.group(2)),
            Integer.parseInt(numbers.group(3)),
            numbers.group()));
  }

  /** Whether this is the version that somebody asked for: {@code 8.0} wants any 8.0.x, the empty text wants any. */
  public boolean matches(String wanted) {
    String numbers = major + "." + minor + "." + patch;
    return wanted.isEmpty() || text.equals(wanted) || (numbers + ".").startsWith(wanted + ".");
  }

  @Override
  public int compareTo(MySqlVersion other) {
    return Comparator.comparingInt(MySqlVersion::major)
        .thenComparingInt(MySqlVersion::minor)
        .thenComparingInt(MySqlVersion::patch)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return text;
  }
}
