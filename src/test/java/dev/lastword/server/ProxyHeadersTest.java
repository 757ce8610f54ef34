package dev.lastword.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Server.ProxyHeader;
import dev.lastword.relay.Origin;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The bytes that a server sees first, as the specification of the PROXY protocol has them. */
class ProxyHeadersTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static byte[] sent(ProxyHeader which, @Nullable Origin origin) {
    EmbeddedChannel channel = new EmbeddedChannel();
    try {
      ProxyHeaders.send(channel, which, origin);
      ByteBuf out = channel.readOutbound();
      if (out == null) {
        return new byte[0];
      }
      byte[] bytes = ByteBufUtil.getBytes(out);
      out.release();
      assertThat(channel.outboundMessages()).isEmpty();
      assertThat(channel.pipeline().names()).doesNotContain("proxy-header");
      return bytes;
    } finally {
      channel.checkException();
      channel.finishAndReleaseAll();
    }
  }

  private static String text(@Nullable Origin origin) {
    return new String(sent(ProxyHeader.V1, origin), StandardCharsets.US_ASCII);
  }

  private static String hex(@Nullable Origin origin) {
    return ByteBufUtil.hexDump(sent(ProxyHeader.V2, origin));
  }

  private static Origin between(String source, String destination) {
    return new Origin(
        source,
        new InetSocketAddress(InetAddress.ofLiteral(source), 4711),
        new InetSocketAddress(InetAddress.ofLiteral(destination), 6446));
  }

  private static final Origin UNIX = new Origin("unix", null, null);

  @Test
  void a_server_that_takes_none_gets_none() {
    assertThat(sent(ProxyHeader.NONE, between("192.0.2.7", "198.51.100.2"))).isEmpty();
    assertThat(sent(ProxyHeader.NONE, null)).isEmpty();
  }

  @Test
  void both_addresses_are_in_the_header() {
    Origin origin = between("192.0.2.7", "198.51.100.2");
    assertThat(text(origin)).isEqualTo("PROXY TCP4 192.0.2.7 198.51.100.2 4711 6446\r\n");
    assertThat(hex(origin))
        .isEqualTo(SIGNATURE + "2111000c" + "c0000207" + "c6336402" + "1267192e");
  }

  @Test
  void addresses_of_ipv6_are_too() {
    Origin origin = between("2001:db8::7", "2001:db8::9");
    assertThat(text(origin)).matches("PROXY TCP6 2001:db8:[0:]*:7 2001:db8:[0:]*:9 4711 6446\r\n");
    assertThat(hex(origin))
        .isEqualTo(
            SIGNATURE
                + "21210024"
                + "20010db8000000000000000000000007"
                + "20010db8000000000000000000000009"
                + "1267192e");
  }

  @Test
  void where_the_families_differ_both_are_written_as_ipv6() {
    Origin origin = between("2001:db8::7", "198.51.100.2");
    assertThat(text(origin)).endsWith(":7 ::ffff:198.51.100.2 4711 6446\r\n");
    assertThat(hex(origin))
        .isEqualTo(
            SIGNATURE
                + "21210024"
                + "20010db8000000000000000000000007"
                + "00000000000000000000ffffc6336402"
                + "1267192e");
  }

  @Test
  void a_client_without_an_address_is_unknown() {
    assertThat(text(UNIX)).isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(hex(UNIX)).isEqualTo(SIGNATURE + "21000000");
  }

  @Test
  void a_connection_of_the_proxys_own_is_for_nobody_else() {
    assertThat(text(null)).isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(hex(null)).isEqualTo(SIGNATURE + "20000000");
  }
}
