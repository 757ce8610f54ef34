package dev.lastword.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MySqlVersionTest {
  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      textBlock =
          """
          Ver 9.7.4-2 for Linux on x86_64 ((Debian)),            9.7.4-2
          Ver 8.0.43-0ubuntu0.24.04.1 for Linux on x86_64,       8.0.43-0ubuntu0.24.04.1
          Version: 8.4.6-1~deb13u1,                              8.4.6-1~deb13u1
          """)
  void the_version_is_found_in_what_programs_and_packages_say(String line, String expected) {
    assertThat(MySqlVersion.in(line))
        .hasValueSatisfying(version -> assertThat(version.text()).isEqualTo(expected));
  }

  @ParameterizedTest(name = "8.0.43-1 for somebody who wants \"{0}\": {1}")
  @CsvSource(
      textBlock =
          """
          '',       true
          8,        true
          8.0,      true
          8.0.43,   true
          8.0.43-1, true
          8.0.4,    false
          8.4,      false
          9,        false
          """)
  void a_wanted_version_may_leave_numbers_out(String wanted, boolean matches) {
    assertThat(new MySqlVersion(8, 0, 43, "8.0.43-1").matches(wanted)).isEqualTo(matches);
  }

  @Test
  void versions_order_by_number_and_not_by_text() {
    assertThat(new MySqlVersion(8, 0, 43, "8.0.43"))
        .isGreaterThan(new MySqlVersion(8, 0, 9, "8.0.9"));
    assertThat(new MySqlVersion(10, 0, 0, "10.0.0"))
        .isGreaterThan(new MySqlVersion(9, 7, 4, "9.7.4"));
    assertThat(MySqlVersion.in("no digits")).isEmpty();
  }
}
