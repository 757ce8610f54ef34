package dev.lastword.tls;

import dev.lastword.config.ClientTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.List;

/**
 * TLS towards the clients of one listener: versions 1.2 and 1.3, with the configured certificate or the proxy's own. Handlers may be asked
 * for on any thread.
 */
public final class ListenerTls implements AutoCloseable {
  private final ReloadingContext context;

  private ListenerTls(ReloadingContext context) {
    this.context = context;
  }

  /**
   * Loads the certificate, or makes the proxy's own if none is configured and none is there yet. This reads and writes files.
   *
   * @param config with mode PREFERRED or REQUIRED
   * @param listenerName for the log
   * @param dataDirectory where the proxy's own certificate is kept; made if need be
   * @throws BadTlsFile if a file cannot be used
   * @throws IllegalArgumentException if the proxy does not end TLS in this mode
   */
  public static ListenerTls create(ClientTls config, String listenerName, Path dataDirectory) {
    return create(config, listenerName, dataDirectory, ReloadingContext.fastestProvider());
  }

  static ListenerTls create(
      ClientTls config, String listenerName, Path dataDirectory, SslProvider provider) {
    if (!config.mode().endsTls()) {
      throw new IllegalArgumentException("with mode " + config.mode() + " the proxy ends no TLS");
    }
    Path certificate;
    Path key;
    if (config.certificate().isPresent() && config.key().isPresent()) {
      certificate = config.certificate().get();
      key = config.key().get();
    } else {
      OwnCertificate own = OwnCertificate.in(dataDirectory);
      certificate = own.certificate();
      key = own.key();
    }
    ReloadingContext context =
        new ReloadingContext(
            "listener=" + listenerName,
            List.of(certificate, key),
            files -> {
              TlsFiles.Credentials credentials =
                  files.credentials(certificate, key, config.keyPassword());
              return SslContextBuilder.forServer(credentials.key(), credentials.chain())
                  .sslProvider(provider)
                  .protocols(ServerLegTls.VERSIONS)
                  .build();
            });
    return new ListenerTls(context);
  }

  /**
   * Makes the handler for one connection from a client. It must be added to a pipeline, which then owns it.
   *
   * @throws IllegalStateException after {@link #close()}
   */
  public SslHandler newHandler(ByteBufAllocator allocator) {
    return context.newHandler(c -> c.newHandler(allocator));
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
