package dev.lastword.listen;

import dev.lastword.relay.Leg;
import dev.lastword.session.ClientHandler;
import dev.lastword.session.RelayedSession;
import dev.lastword.tls.ListenerTls;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/**
 * The pipeline of a client's channel, in the order of the bytes that come in:
 *
 * <pre>
 * socket -> [tls] -> relay
 * </pre>
 */
final class ClientPipeline {
  private static final String TLS = "tls";
  private static final String RELAY = "relay";
  private static final String REFUSAL = "refusal";

  private ClientPipeline() {}

  static void assemble(Channel channel, RelayedSession session) {
    channel.pipeline().addLast(RELAY, new ClientHandler(session));
  }

  /** For a client that is not let in. */
  static void refuse(Channel channel, RefusedClient refusal) {
    channel.pipeline().addLast(REFUSAL, refusal);
  }

  /** The client encrypts from here on, and its TLS ends at the proxy. */
  static Future<Channel> startTls(Leg client, ListenerTls tls) {
    SslHandler handler = tls.newHandler(client.channel().alloc());
    client.channel().pipeline().addFirst(TLS, handler);
    client.securedBy(handler);
    return handler.handshakeFuture();
  }
}
