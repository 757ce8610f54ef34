package dev.lastword.server;

import dev.lastword.config.Server.ProxyHeader;
import dev.lastword.relay.Origin;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The header of the PROXY protocol that goes ahead of everything else on a connection to a server that wants to know whom it is for. */
final class ProxyHeaders {
  private static final String ENCODER = "proxy-header";

  /** The encoder wants addresses where there are none. */
  private static final byte[] UNKNOWN_V1 = "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);

  private ProxyHeaders() {}

  /**
   * Writes a header, and sends it.
   *
   * @param origin for whom the connection is; null if it is the proxy's own
   */
  static void send(Channel channel, ProxyHeader which, @Nullable Origin origin) {
    switch (which) {
      case NONE -> {
        // The server takes none.
      }
      case V1 -> {
        HAProxyMessage header = header(HAProxyProtocolVersion.V1, origin);
        if (header.proxiedProtocol() == HAProxyProxiedProtocol.UNKNOWN) {
          header.release();
          channel.writeAndFlush(Unpooled.wrappedBuffer(UNKNOWN_V1), channel.voidPromise());
        } else {
          send(channel, header);
        }
      }
      case V2 -> send(channel, header(HAProxyProtocolVersion.V2, origin));
    }
  }

  private static void send(Channel channel, HAProxyMessage header) {
    channel.pipeline().addFirst(ENCODER, HAProxyMessageEncoder.INSTANCE);
    ChannelHandlerContext encoder = channel.pipeline().context(ENCODER);
    channel.writeAndFlush(header, channel.voidPromise());
    channel.pipeline().remove(encoder.handler());
  }

  private static HAProxyMessage header(HAProxyProtocolVersion version, @Nullable Origin origin) {
    InetSocketAddress source = origin == null ? null : origin.source();
    InetSocketAddress destination = origin == null ? null : origin.destination();
    if (source == null || destination == null) {
      return new HAProxyMessage(
          version,
          origin == null ? HAProxyCommand.LOCAL : HAProxyCommand.PROXY,
          HAProxyProxiedProtocol.UNKNOWN,
          null,
          null,
          0,
          0);
    }
    boolean both4 =
        source.getAddress() instanceof Inet4Address
            && destination.getAddress() instanceof Inet4Address;
    return new HAProxyMessage(
        version,
        HAProxyCommand.PROXY,
        both4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
        text(source, both4),
        text(destination, both4),
        source.getPort(),
        destination.getPort());
  }

  /** A header has one family for both of its addresses. */
  private static String text(InetSocketAddress address, boolean as4) {
    String text = address.getAddress().getHostAddress();
    if (address.getAddress() instanceof Inet4Address) {
      return as4 ? text : "::ffff:" + text;
    }
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
