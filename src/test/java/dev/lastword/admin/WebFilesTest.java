package dev.lastword.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the files of the web page must and must not contain; a browser tests the rest. */
class WebFilesTest {
  private static final int LARGEST = 60_000;

  private static final Pattern ELSEWHERE =
      Pattern.compile("(?:https?:)?//(?!www\\.w3\\.org/2000/svg)[a-z0-9-]+\\.[a-z]");

  /** All that could make markup or a script of a text; and styles and scripts that the page's own policy forbids. */
  private static final Pattern DANGEROUS =
      Pattern.compile(
          "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function"
              + "|createContextualFragment|DOMParser|javascript:|<style|\\sstyle=|\\son[a-z]+=\"");

  private static List<Path> files() throws Exception {
    Path folder =
        Path.of(
            System.getProperty("lastword.basedir", ""),
            "src/main/resources/dev/lastword/admin/web");
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  @Test
  void the_page_is_small() throws Exception {
    long total = 0;
    for (Path file : files()) {
      total += Files.size(file);
    }
    assertThat(total).isBetween(10_000L, (long) LARGEST);
  }

  @TestFactory
  Stream<DynamicTest> nothing_comes_from_elsewhere_and_text_never_becomes_markup()
      throws Exception {
    return files().stream()
        .map(file ->
            DynamicTest.dynamicTest(
                String.valueOf(file.getFileName()),
                () -> {
                  String text = Files.readString(file);
                  assertThat(ELSEWHERE.matcher(text).results().map(r -> r.group())).isEmpty();
                  assertThat(DANGEROUS.matcher(text).results().map(r -> r.group())).isEmpty();
                }));
  }
}
