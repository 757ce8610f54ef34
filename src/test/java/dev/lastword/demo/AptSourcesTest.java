package dev.lastword.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AptSourcesTest {
  private static final Map<String, String> DEBIAN =
      Map.of("ID", "debian", "VERSION_CODENAME", "bookworm");
  private static final Map<String, String> UBUNTU =
      Map.of("ID", "ubuntu", "VERSION_CODENAME", "noble");

  @Test
  void a_line_gives_its_address_suite_components_and_options() {
    List<AptSources.Source> sources =
        AptSources.parseList(
            """
            # deb http://mirror.example/commented out main
            deb http://mirror.example/debian bookworm main contrib # and why
            deb-src http://mirror.example/debian bookworm main
            deb [arch=amd64,arm64 signed-by=/keys/a.gpg] https://other.example/apt stable main
            deb https://flat.example/apt ./
            """);
    assertThat(sources)
        .containsExactly(
            new AptSources.Source(
                List.of("http://mirror.example/debian"),
                List.of("bookworm"),
                List.of("main", "contrib"),
                "",
                ""),
            new AptSources.Source(
                List.of("https://other.example/apt"),
                List.of("stable"),
                List.of("main"),
                "/keys/a.gpg",
                "amd64 arm64"),
            new AptSources.Source(
                List.of("https://flat.example/apt"), List.of("./"), List.of(), "", ""));
  }

  @Test
  void a_stanza_gives_its_fields_and_a_key_inside_it_stays_as_it_is() {
    List<AptSources.Source> sources =
        AptSources.parseStanzas(
            """
            Types: deb deb-src
            # a comment between fields
            URIs: http://a.example/debian
              http://b.example/debian
            suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             mQINBF
             -----END PGP PUBLIC KEY BLOCK-----

            Types: deb
            URIs: http://off.example/debian
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb-src
            URIs: http://source.example/debian
            Suites: bookworm
            Components: main
            """);
    assertThat(sources).hasSize(1);
    AptSources.Source source = sources.getFirst();
    assertThat(source.uris()).containsExactly("http://a.example/debian", "http://b.example/debian");
    assertThat(source.suites()).containsExactly("bookworm", "bookworm-updates");
    assertThat(AptSources.parseStanzas(source.stanza())).containsExactly(source);
    assertThat(source.stanza()).contains("\n .\n mQINBF\n");
  }

  @Test
  void only_files_that_apt_reads_are_read(@TempDir Path apt) throws IOException {
    Path parts = Files.createDirectory(apt.resolve("sources.list.d"));
    Files.writeString(apt.resolve("sources.list"), "deb http://one.example/debian bookworm main\n");
    Files.writeString(parts.resolve("b.list"), "deb http://two.example/debian bookworm main\n");
    Files.writeString(
        parts.resolve("c.sources"),
        "Types: deb\nURIs: http://three.example/debian\nSuites: sid\nComponents: main");
    Files.writeString(
        parts.resolve("d.list.disabled"), "deb http://four.example/debian bookworm main\n");
    assertThat(AptSources.read(apt))
        .flatExtracting(AptSources.Source::uris)
        .containsExactly(
            "http://one.example/debian",
            "http://two.example/debian",
            "http://three.example/debian");
    assertThat(AptSources.read(apt.resolve("nowhere"))).isEmpty();
  }

  @Test
  void debian_takes_unstable_from_the_mirror_of_its_main_archive_and_nothing_else() {
    List<AptSources.Source> machine =
        AptSources.parseList(
            """
            deb https://third.example/apt bookworm-tools main
            deb http://mirror.example/debian-security bookworm-security main
            deb [signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main non-free
            deb http://mirror.example/debian bookworm-updates main
            """);
    assertThat(AptSources.forMySql(machine, DEBIAN))
        .containsExactly(
            new AptSources.Source(
                List.of("http://mirror.example/debian"),
                List.of("unstable"),
                List.of("main"),
                "/keys/debian.gpg",
                ""));
  }

  @Test
  void a_debian_that_follows_a_suite_by_its_role_is_understood_too() {
    List<AptSources.Source> machine =
        AptSources.parseList("deb http://mirror.example/debian testing main");
    assertThat(AptSources.forMySql(machine, DEBIAN))
        .flatExtracting(AptSources.Source::suites)
        .containsExactly("unstable");
    assertThat(AptSources.forMySql(List.of(), DEBIAN)).isEmpty();
  }

  @Test
  void elsewhere_the_machines_own_sources_are_used_as_they_are() {
    List<AptSources.Source> machine =
        AptSources.parseList(
            "deb http://mirror.example/ubuntu noble main universe\ndeb http://mirror.example/ubuntu noble-updates main");
    assertThat(AptSources.forMySql(machine, UBUNTU)).isEqualTo(machine);
  }

  @Test
  void the_release_file_is_read_with_and_without_quotes(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("os-release"), "ID=debian\nVERSION_CODENAME=\"bookworm\"\n# x=y\n\n");
    assertThat(AptSources.release(file)).containsExactlyInAnyOrderEntriesOf(DEBIAN);
    assertThat(AptSources.release(folder.resolve("none"))).isEmpty();
  }
}
