package dev.lastword;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.http.HttpServer;
import dev.lastword.admin.http.Subject;
import dev.lastword.admin.sql.SqlEndpoint;
import dev.lastword.config.AdminSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The ways in for operators: HTTP and SQL, each on threads of its own, so that nothing that is asked there holds up a session. */
final class AdminServers implements AutoCloseable {
  private @Nullable HttpServer http;
  private @Nullable SqlEndpoint sql;

  private AdminServers() {}

  /**
   * Opens what the configuration says, if anything.
   *
   * @throws IOException if an address cannot be had; nothing is left open then
   * @throws dev.lastword.tls.BadTlsFile if a certificate or key cannot be used; likewise
   */
  static AdminServers open(AdminSettings settings, Subject subject, Path dataDirectory)
      throws IOException {
    AdminServers servers = new AdminServers();
    try {
      if (settings.http().isPresent()) {
        servers.http = HttpServer.open(settings, subject, dataDirectory);
      }
      if (settings.sql().isPresent()) {
        Catalog catalog = subject.catalog();
        servers.sql = SqlEndpoint.open(settings, catalog, subject.steering(), dataDirectory);
      }
      return servers;
    } catch (IOException | RuntimeException e) {
      servers.close();
      throw e;
    }
  }

  /** Uses certificates that have changed, for new connections. */
  void reloadCertificates() {
    if (http != null) {
      var _ = http.reloadCertificate();
    }
    if (sql != null) {
      sql.reloadCertificateIfChanged();
    }
  }

  OptionalInt httpPort() {
    return http == null ? OptionalInt.empty() : OptionalInt.of(http.port());
  }

  OptionalInt sqlPort() {
    return sql == null ? OptionalInt.empty() : OptionalInt.of(sql.port());
  }

  @Override
  public void close() {
    if (http != null) {
      http.close();
    }
    if (sql != null) {
      sql.close();
    }
  }
}
