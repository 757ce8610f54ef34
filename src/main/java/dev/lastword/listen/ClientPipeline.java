package dev.lastword.listen;

import dev.lastword.relay.Leg;
import dev.lastword.session.ClientHandler;
import dev.lastword.session.RelayedSession;
import dev.lastword.tls.ListenerTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/**
 * The pipeline of a client's channel, in the order of the bytes that come in:
 *
 * <pre>
 * socket -> [tls] -> relay
 * </pre>
 *
 * <p>Where a load balancer says whom the connection is for, it begins as
 *
 * <pre>
 * socket -> proxy-header -> announced
 * </pre>
 *
 * <p>and both leave when that is known.
 */
final class ClientPipeline {
  private static final String TLS = "tls";
  private static final String RELAY = "relay";
  private static final String REFUSAL = "refusal";
  private static final String PROXY_HEADER = "proxy-header";
  private static final String ANNOUNCED = "announced";

  private ClientPipeline() {}

  static void assemble(Channel channel, RelayedSession session) {
    channel.pipeline().addLast(RELAY, new ClientHandler(session));
  }

  /** For a client that is not let in. */
  static void refuse(Channel channel, RefusedClient refusal) {
    channel.pipeline().addLast(REFUSAL, refusal);
  }

  /** For a client that is announced by a load balancer first. */
  static void awaitHeader(Channel channel, AnnouncedClient client) {
    // Removes itself when it has the header, and hands on what came with it.
    channel
        .pipeline()
        .addLast(
            PROXY_HEADER,
            new HAProxyMessageDecoder() {
              @Override
              public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
                client.began();
                super.channelRead(ctx, message);
              }
            });
    channel.pipeline().addLast(ANNOUNCED, client);
  }

  /** It has been announced: what comes next is the client's. */
  static void headerCame(Channel channel) {
    channel.pipeline().remove(ANNOUNCED);
  }

  /** The client encrypts from here on, and its TLS ends at the proxy. */
  static Future<Channel> startTls(Leg client, ListenerTls tls) {
    SslHandler handler = tls.newHandler(client.channel().alloc());
    client.channel().pipeline().addFirst(TLS, handler);
    client.securedBy(handler);
    return handler.handshakeFuture();
  }
}
