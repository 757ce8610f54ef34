package dev.lastword.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A context that is made anew when its files change. Handlers are made on any event loop; reloading and closing happen elsewhere, one at
 * a time.
 *
 * <p>Contexts of OpenSSL are counted: this object holds one reference to the current one, and each connection's engine one to that which
 * it was made of, so that connections outlive a reload.
 */
final class ReloadingContext implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReloadingContext.class);

  /** Makes a context of what the files hold. */
  @FunctionalInterface
  interface Maker {
    SslContext make(TlsFiles files) throws SSLException;
  }

  private final String owner;
  private final List<Path> files;
  private final Maker maker;
  private byte[] seen;
  private volatile @Nullable SslContext current;

  /**
   * Loads the files for the first time.
   *
   * @param owner who uses it, as {@code key=value} for the log
   * @throws BadTlsFile if they cannot be used
   */
  ReloadingContext(String owner, List<Path> files, Maker maker) {
    this.owner = owner;
    this.files = List.copyOf(files);
    this.maker = maker;
    TlsFiles contents = TlsFiles.read(files);
    this.seen = contents.fingerprint();
    this.current = make(contents);
  }

  /** OpenSSL where its native library is there, the Java platform's own TLS elsewhere. */
  static SslProvider fastestProvider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
  }

  /**
   * Makes the handler of one connection from the current context.
   *
   * @throws IllegalStateException after {@link #close()}
   */
  SslHandler newHandler(Function<SslContext, SslHandler> make) {
    while (true) {
      SslContext context = current;
      if (context == null) {
        throw new IllegalStateException("TLS for " + owner + " is closed");
      }
      try {
        // Released below: it must not end between here and its engine's own reference.
        ReferenceCountUtil.retain(context);
      } catch (IllegalReferenceCountException e) {
        // It was replaced in this moment; the next is there already.
        continue;
      }
      try {
        return make.apply(context);
      } finally {
        ReferenceCountUtil.release(context);
      }
    }
  }

  /** Takes the files' new contents if there are any. One that cannot be used changes nothing and is warned of once. */
  synchronized boolean reloadIfChanged() {
    SslContext old = current;
    if (old == null || files.isEmpty()) {
      return false;
    }
    TlsFiles contents = TlsFiles.read(files);
    byte[] fingerprint = contents.fingerprint();
    if (Arrays.equals(fingerprint, seen)) {
      return false;
    }
    seen = fingerprint;
    try {
      current = make(contents);
    } catch (BadTlsFile e) {
      LOG.warn(
          "event=tls-reload-failed {} file={} reason=\"{}\" kept=\"the certificates loaded before\"",
          owner,
          e.file(),
          e.reason());
      return false;
    }
    ReferenceCountUtil.release(old);
    LOG.info("event=tls-reloaded {}", owner);
    return true;
  }

  private SslContext make(TlsFiles contents) {
    try {
      return maker.make(contents);
    } catch (SSLException | IllegalArgumentException e) {
      throw new BadTlsFile(
          BadTlsFile.Part.CERTIFICATE,
          files.isEmpty() ? Path.of("") : files.getFirst(),
          "is refused by the TLS library: " + e.getMessage(),
          e);
    }
  }

  /** Ends it for new connections; existing ones go on. */
  @Override
  public synchronized void close() {
    SslContext last = current;
    current = null;
    if (last != null) {
      ReferenceCountUtil.release(last);
    }
  }
}
