package dev.lastword.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How operators and their programs reach the proxy.
 *
 * @param http where the web page, the HTTP API and the metrics are; empty if nowhere
 * @param sql where SQL clients of either protocol are answered; empty if nowhere
 * @param accounts who may; if there is one, or a token, nobody else may, except for the health checks
 * @param token what a program shows instead of an account, as an HTTP bearer token
 */
public record AdminSettings(
    Optional<Access> http, Optional<Access> sql, List<Account> accounts, Optional<Secret> token) {
  /** Where the HTTP server is by default. */
  public static final Endpoint.Tcp DEFAULT_HTTP = new Endpoint.Tcp("127.0.0.1", 6_480);

  /** Where the SQL endpoint is by default. */
  public static final Endpoint.Tcp DEFAULT_SQL = new Endpoint.Tcp("127.0.0.1", 6_481);

  /** What holds where a configuration file says nothing: both, on loopback, for everybody who can reach them there. */
  public static final AdminSettings DEFAULT =
      new AdminSettings(
          Optional.of(Access.at(DEFAULT_HTTP)),
          Optional.of(Access.at(DEFAULT_SQL)),
          List.of(),
          Optional.empty());

  /** Neither, which is what a program that embeds the proxy gets unless it asks for more. */
  public static final AdminSettings OFF =
      new AdminSettings(Optional.empty(), Optional.empty(), List.of(), Optional.empty());

  /** Copies the list, so that nobody can change it afterwards. */
  public AdminSettings {
    accounts = List.copyOf(accounts);
  }

  /** Whether who comes has to say who it is. */
  public boolean authenticates() {
    return !accounts.isEmpty() || token.isPresent();
  }

  /** The same with the HTTP server there; port 0 takes any free one. */
  public AdminSettings withHttp(String host, int port) {
    return new AdminSettings(
        Optional.of(Access.at(new Endpoint.Tcp(host, port))), sql, accounts, token);
  }

  /** The same with the SQL endpoint there; port 0 takes any free one. */
  public AdminSettings withSql(String host, int port) {
    return new AdminSettings(
        http, Optional.of(Access.at(new Endpoint.Tcp(host, port))), accounts, token);
  }

  /** The same with this account besides those that it has. */
  public AdminSettings withAccount(String user, String password) {
    List<Account> more = new java.util.ArrayList<>(accounts);
    more.add(new Account(user, new Secret(password)));
    return new AdminSettings(http, sql, more, token);
  }

  /** The same with this token. */
  public AdminSettings withToken(String token) {
    return new AdminSettings(http, sql, accounts, Optional.of(new Secret(token)));
  }

  /**
   * One way in.
   *
   * @param bind where to listen
   * @param tls with DISABLED or REQUIRED over HTTP; the SQL endpoint takes PREFERRED too
   */
  public record Access(Endpoint.Tcp bind, ClientTls tls) {
    static Access at(Endpoint.Tcp bind) {
      return new Access(
          bind,
          new ClientTls(
              ClientTls.Mode.DISABLED, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    /** The same, encrypted with a certificate of one's own. */
    public Access withCertificate(Path certificate, Path key) {
      return new Access(
          bind, tls.withMode(ClientTls.Mode.REQUIRED).withCertificate(certificate, key));
    }

    /** Whether only this machine can reach it. */
    public boolean isLoopback() {
      return isLoopback(bind.host());
    }

    /** A name other than localhost is not asked for: what it means may change. */
    private static boolean isLoopback(String host) {
      if (host.equalsIgnoreCase("localhost")) {
        return true;
      }
      boolean literal = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
      try {
        return literal && InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException _) {
        return false;
      }
    }
  }
}
