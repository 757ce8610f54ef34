package dev.lastword.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold of the ways in for operators: nobody else may find them open. */
final class AdminConsistency {
  private AdminConsistency() {}

  static void check(AdminSettings admin, List<Listener> listeners, Check.Findings out) {
    admin
        .http()
        .ifPresent(http -> {
          access("admin.http", http, listeners, out);
          httpTls(http, out);
          exposed("admin.http", http, admin.authenticates(), "admin.accounts or admin.token", out);
        });
    admin
        .sql()
        .ifPresent(sql -> {
          access("admin.sql", sql, listeners, out);
          sqlTls(sql, out);
          boolean known = !admin.accounts().isEmpty();
          exposed("admin.sql", sql, known, "admin.accounts", out);
          if (admin.token().isPresent() && !known) {
            out.problem(
                "admin.accounts",
                "",
                "is missing: with admin.token alone nobody could use admin.sql, where a token cannot be"
                    + " shown; name an account, or set admin.sql.enabled to false");
          }
        });
    if (admin.http().isPresent()
        && admin.sql().isPresent()
        && Consistency.overlap(admin.http().get().bind(), admin.sql().get().bind())) {
      out.problem("admin.sql.bind", admin.sql().get().bind().toString(), "is taken by admin.http");
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < admin.accounts().size(); i++) {
      Account account = admin.accounts().get(i);
      if (!account.user().equals(Consistency.UNREADABLE) && !names.add(account.user())) {
        out.problem(
            "admin.accounts[" + i + "].user", account.user(), "is the name of another account");
      }
    }
  }

  private static void access(
      String path, AdminSettings.Access way, List<Listener> listeners, Check.Findings out) {
    for (Listener listener : listeners) {
      if (Consistency.overlap(listener.bind(), way.bind())) {
        out.problem(
            path + ".bind",
            way.bind().toString(),
            "is taken by listener " + listener.name() + ", which binds " + listener.bind());
      }
    }
    Consistency.keyPair(
        path + ".tls", way.tls().certificate(), way.tls().key(), way.tls().keyPassword(), out);
    if (way.tls().mode() == ClientTls.Mode.PASSTHROUGH) {
      out.problem(path + ".tls.mode", "PASSTHROUGH", "leads nowhere: this ends at the proxy");
    }
    if (!way.tls().mode().endsTls() && way.tls().certificate().isPresent()) {
      out.problem(
          path + ".tls.certificate",
          way.tls().certificate().get().toString(),
          "would never be used: tls.mode is " + way.tls().mode());
    }
  }

  private static void httpTls(AdminSettings.Access way, Check.Findings out) {
    if (way.tls().mode() == ClientTls.Mode.PREFERRED) {
      out.problem(
          "admin.http.tls.mode",
          "PREFERRED",
          "cannot be: a port speaks HTTP or HTTPS; write DISABLED or REQUIRED");
    }
  }

  private static void sqlTls(AdminSettings.Access way, Check.Findings out) {
    if (!way.isLoopback() && way.tls().mode() == ClientTls.Mode.PREFERRED) {
      out.problem(
          "admin.sql.tls.mode",
          "PREFERRED",
          "is not enough where others can reach it: write REQUIRED");
    }
  }

  private static void exposed(
      String path, AdminSettings.Access way, boolean known, String who, Check.Findings out) {
    if (way.isLoopback()) {
      return;
    }
    if (!known) {
      out.problem(
          path + ".bind",
          way.bind().toString(),
          "is open to others, who could kill sessions: set " + who + ", or bind loopback");
    }
    if (way.tls().mode() == ClientTls.Mode.DISABLED) {
      out.problem(
          path + ".tls.mode",
          "DISABLED",
          "would send passwords in the clear where others can reach it: write REQUIRED");
    }
  }
}
