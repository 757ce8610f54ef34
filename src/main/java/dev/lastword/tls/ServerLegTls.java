package dev.lastword.tls;

import dev.lastword.config.ServerTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS towards one server: versions 1.2 and 1.3, its certificate verified as configured, and the proxy's shown to it if there is one.
 * Handlers may be asked for on any thread.
 */
public final class ServerLegTls implements AutoCloseable {
  static final List<String> VERSIONS = List.of("TLSv1.3", "TLSv1.2");

  private final ReloadingContext context;

  private ServerLegTls(ReloadingContext context) {
    this.context = context;
  }

  /**
   * Loads the files. This reads files.
   *
   * @param config with any mode but DISABLED
   * @param serverName for the log
   * @throws BadTlsFile if a file cannot be used
   * @throws IllegalArgumentException if the proxy never encrypts in this mode
   */
  public static ServerLegTls create(ServerTls config, String serverName) {
    return create(config, serverName, ReloadingContext.fastestProvider());
  }

  static ServerLegTls create(ServerTls config, String serverName, SslProvider provider) {
    if (config.mode() == ServerTls.Mode.DISABLED) {
      throw new IllegalArgumentException("with mode DISABLED the proxy never encrypts");
    }
    List<Path> paths =
        Stream.of(config.certificate(), config.key(), config.ca())
            .flatMap(java.util.Optional::stream)
            .toList();
    ReloadingContext context =
        new ReloadingContext(
            "server=" + serverName,
            paths,
            files -> {
              SslContextBuilder builder =
                  SslContextBuilder.forClient().sslProvider(provider).protocols(VERSIONS);
              trust(builder, config, files);
              if (config.certificate().isPresent() && config.key().isPresent()) {
                TlsFiles.Credentials credentials =
                    files.credentials(
                        config.certificate().get(), config.key().get(), config.keyPassword());
                builder.keyManager(credentials.key(), credentials.chain());
              }
              return builder.build();
            });
    return new ServerLegTls(context);
  }

  private static void trust(SslContextBuilder builder, ServerTls config, TlsFiles files)
      throws SSLException {
    // Netty compares the host name by default.
    builder.endpointIdentificationAlgorithm(
        config.verify() == ServerTls.Verify.IDENTITY ? "HTTPS" : null);
    if (config.verify() == ServerTls.Verify.NONE) {
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      return;
    }
    try {
      KeyStore authorities = null;
      if (config.ca().isPresent()) {
        authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        int count = 0;
        for (X509Certificate authority : files.authorities(config.ca().get())) {
          authorities.setCertificateEntry("ca-" + count++, authority);
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(authorities);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          builder.trustManager(new NeverExpired(extended));
        }
      }
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new SSLException("the authorities cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * Makes the handler for one connection to the server. It must be added to a pipeline, which then owns it.
   *
   * @param host as configured, a name or a literal address without brackets: what IDENTITY compares the certificate with, and, if it is a
   *     name, what the server is told in SNI
   * @param port of the connection; host and port together say which sessions may be resumed
   * @throws IllegalStateException after {@link #close()}
   */
  public SslHandler newHandler(ByteBufAllocator allocator, String host, int port) {
    return context.newHandler(c -> {
      SslHandler handler = c.newHandler(allocator, host, port);
      nameServer(handler.engine(), host);
      return handler;
    });
  }

  /** Says the name also where it has no dot, for which neither Netty nor the Java platform would. */
  private static void nameServer(SSLEngine engine, String host) {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return;
    }
    SNIHostName name;
    try {
      name = new SNIHostName(host);
    } catch (IllegalArgumentException e) {
      // A name that DNS resolves but that RFC 6066 does not allow, such as one with an underscore:
      // connect without.
      return;
    }
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(name));
    engine.setSSLParameters(parameters);
  }

  /**
   * Looks whether the files have changed, and if so uses them for new connections; existing ones keep what they have. A file that cannot be
   * used changes nothing and is logged once, as a warning. This reads files, so it must not be called on an event loop.
   *
   * @return whether new connections now get something else
   */
  public boolean reloadIfChanged() {
    return context.reloadIfChanged();
  }

  /** Ends it for new connections; existing ones go on. */
  @Override
  public void close() {
    context.close();
  }
}
