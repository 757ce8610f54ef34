package dev.lastword.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which proxy a command is for, and as whom. */
final class ApiOptions {
  static final String DEFAULT_URL = "http://127.0.0.1:6480";

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Where admin.http of the proxy is; otherwise LASTWORD_URL, otherwise "
              + DEFAULT_URL
              + ".")
  private @Nullable String url;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "One of admin.accounts; its password is in LASTWORD_PASSWORD or a file.")
  private @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "A file with the password of --user and nothing else.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "A file with admin.token and nothing else; otherwise LASTWORD_TOKEN.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "For https: the certificates to trust, in PEM; of a proxy that made its own, that is"
              + " lastword-cert.pem in its data directory.")
  private @Nullable Path authority;

  @Option(names = "--insecure", description = "For https: trusts whatever certificate there is.")
  private boolean insecure;

  String url(Map<String, String> environment) {
    String chosen = url != null ? url : environment.getOrDefault("LASTWORD_URL", DEFAULT_URL);
    String whole = chosen.contains("://") ? chosen : "http://" + chosen;
    return whole.endsWith("/") ? whole.substring(0, whole.length() - 1) : whole;
  }

  /**
   * The header that says who asks, if anybody has to.
   *
   * @throws Failure if a secret is missing
   */
  Optional<String> authorization(Map<String, String> environment) {
    if (user != null) {
      String password =
          passwordFile != null ? secret(passwordFile) : environment.get("LASTWORD_PASSWORD");
      if (password == null) {
        throw new Failure(
            "the password of " + user + " is in neither LASTWORD_PASSWORD nor --password-file");
      }
      return Optional.of(
          "Basic "
              + Base64.getEncoder()
                  .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }
    String token = tokenFile != null ? secret(tokenFile) : environment.get("LASTWORD_TOKEN");
    return token == null || token.isBlank()
        ? Optional.empty()
        : Optional.of("Bearer " + token.strip());
  }

  Optional<Path> authority() {
    return Optional.ofNullable(authority);
  }

  boolean insecure() {
    return insecure;
  }

  private static String secret(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new Failure(file + " cannot be read: " + e.getClass().getSimpleName());
    }
  }
}
