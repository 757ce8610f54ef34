package dev.lastword.tls;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A client and a server that speak TLS with each other in memory, each byte as the real handlers made it. */
final class Handshake implements AutoCloseable {
  private final SslHandler client;
  private final SslHandler server;
  private final EmbeddedChannel clientChannel;
  private final EmbeddedChannel serverChannel;

  private Handshake(SslHandler client, SslHandler server) {
    this.client = client;
    this.server = server;
    this.serverChannel = new EmbeddedChannel(server, new Quiet());
    this.clientChannel = new EmbeddedChannel(client, new Quiet());
    exchange();
  }

  /** Lets both do what they can do; whether it was enough says {@link #succeeded()}. */
  static Handshake between(SslHandler client, SslHandler server) {
    return new Handshake(client, server);
  }

  boolean succeeded() {
    return client.handshakeFuture().isSuccess()
        && server.handshakeFuture().isSuccess()
        && "ping".equals(carry("ping"));
  }

  /** Why the client gave up, causes included. */
  String clientFailure() {
    StringBuilder all = new StringBuilder();
    for (@Nullable Throwable t = client.handshakeFuture().cause(); t != null; t = t.getCause()) {
      all.append(t).append('\n');
    }
    return all.toString();
  }

  /** Sends a text from the client to the server, and returns what arrives. */
  @Nullable String carry(String text) {
    clientChannel.writeOutbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    exchange();
    ByteBuf arrived = serverChannel.readInbound();
    if (arrived == null) {
      return null;
    }
    try {
      return arrived.toString(StandardCharsets.UTF_8);
    } finally {
      arrived.release();
    }
  }

  String version() {
    return clientSession().getProtocol();
  }

  SSLSession clientSession() {
    return client.engine().getSession();
  }

  SSLSession serverSession() {
    return server.engine().getSession();
  }

  /** The certificate that the client was shown. */
  X509Certificate shownToClient() throws SSLPeerUnverifiedException {
    return (X509Certificate) clientSession().getPeerCertificates()[0];
  }

  /** The certificate that the server was shown. */
  X509Certificate shownToServer() throws SSLPeerUnverifiedException {
    return (X509Certificate) server.engine().getSession().getPeerCertificates()[0];
  }

  /** The names that the server was asked for. */
  List<String> serverNames() {
    return ((ExtendedSSLSession) server.engine().getSession())
        .getRequestedServerNames().stream()
            .map(name -> new SNIHostName(name.getEncoded()).getAsciiName())
            .toList();
  }

  private void exchange() {
    while (carry(clientChannel, serverChannel) || carry(serverChannel, clientChannel)) {
      // Until neither has anything more to say.
    }
  }

  private static boolean carry(EmbeddedChannel from, EmbeddedChannel to) {
    boolean moved = false;
    from.runPendingTasks();
    for (@Nullable ByteBuf b = from.readOutbound(); b != null; b = from.readOutbound()) {
      if (to.isOpen()) {
        to.writeInbound(requireNonNull(b));
        moved = true;
      } else {
        b.release();
      }
    }
    return moved;
  }

  @Override
  public void close() {
    clientChannel.finishAndReleaseAll();
    serverChannel.finishAndReleaseAll();
  }

  /** Failures are looked at through the handshake's future. */
  private static final class Quiet extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // Seen by clientFailure().
    }
  }
}
