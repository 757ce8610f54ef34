package dev.lastword.listen;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.relay.Origin;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a load balancer says of a client, and what becomes of one that is not announced. */
class AnnouncedClientTest {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
  private static final String V1 = "PROXY TCP4 192.0.2.7 198.51.100.2 4711 6446\r\n";

  private final List<Origin> announced = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();
  private final StringBuilder clientSaid = new StringBuilder();
  private final EmbeddedChannel channel = new EmbeddedChannel();

  AnnouncedClientTest() {
    channel.config().setAutoRead(false);
    ClientPipeline.awaitHeader(
        channel,
        new AnnouncedClient(
            Duration.ofSeconds(30),
            origin -> {
              announced.add(origin);
              ClientPipeline.headerCame(channel);
              channel.pipeline().addLast(new Session());
            },
            complaints::add));
    channel.pipeline().fireChannelActive();
  }

  /** What the client says once it is known who it is. */
  private final class Session extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      clientSaid.append(in.toString(ISO_8859_1));
      in.release();
    }
  }

  @AfterEach
  void nothing_was_ever_sent() {
    channel.runPendingTasks();
    assertThat(channel.outboundMessages()).isEmpty();
    channel.finishAndReleaseAll();
  }

  private void receive(String bytes) {
    channel.writeInbound(Unpooled.copiedBuffer(bytes, ISO_8859_1));
  }

  private static String v2(int command, int family, String addresses) {
    return SIGNATURE
        + (char) (0x20 | command)
        + (char) family
        + (char) (addresses.length() >> 8)
        + (char) (addresses.length() & 0xff)
        + addresses;
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  private void assertRefused(String why) {
    channel.runPendingTasks();
    assertThat(complaints).hasSize(1);
    assertThat(complaints.getFirst()).contains(why);
    assertThat(announced).isEmpty();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void a_line_of_text_names_the_client_and_where_it_connected_to() {
    receive(V1);
    assertThat(announced)
        .containsExactly(
            new Origin("192.0.2.7:4711", at("192.0.2.7", 4711), at("198.51.100.2", 6446)));
    assertThat(channel.pipeline().names()).noneMatch(name -> name.contains("header"));
  }

  @Test
  void what_came_with_the_header_is_the_clients() {
    receive(V1 + "hello");
    receive(", world");
    assertThat(announced).hasSize(1);
    assertThat(clientSaid).hasToString("hello, world");
  }

  @Test
  void a_header_may_come_byte_by_byte() {
    for (char each : (V1 + "!").toCharArray()) {
      receive(String.valueOf(each));
    }
    assertThat(announced).extracting(Origin::client).containsExactly("192.0.2.7:4711");
    assertThat(clientSaid).hasToString("!");
  }

  @Test
  void the_binary_header_names_the_client_too() {
    receive(v2(1, 0x21, v6(7) + v6(9) + "\u0012g\u0019.") + "x");
    assertThat(announced)
        .containsExactly(
            new Origin("[2001:db8::7]:4711", at("2001:db8::7", 4711), at("2001:db8::9", 6446)));
    assertThat(clientSaid).hasToString("x");
  }

  private static String v6(int last) {
    return " \u0001\r\u00b8" + "\0".repeat(11) + (char) last;
  }

  @Test
  void a_client_of_a_unix_socket_has_no_address_that_a_server_could_be_told() {
    receive(v2(1, 0x31, "/run/app.sock" + "\0".repeat(95) + "\0".repeat(108)));
    assertThat(announced).containsExactly(new Origin("unix:/run/app.sock", null, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"})
  void a_client_that_the_load_balancer_does_not_know_keeps_the_connections_address(String line) {
    receive(line);
    assertThat(announced).containsExactly(Origin.of(channel));
  }

  @Test
  void a_look_of_the_load_balancers_own_keeps_the_connections_address() {
    receive(v2(0, 0, ""));
    receive("x");
    assertThat(announced).containsExactly(Origin.of(channel));
    assertThat(clientSaid).hasToString("x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: db\r\n\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.2 4711\r\n",
        "PROXY TCP4 2001:db8::1 198.51.100.2 4711 6446\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.2 4711 70000\r\n",
        "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003abc\r\n",
      })
  void something_else_is_refused_without_a_word(String bytes) {
    receive(bytes);
    assertRefused("not a PROXY protocol header");
  }

  @Test
  void a_line_that_does_not_end_is_refused() {
    receive("PROXY " + "x".repeat(200));
    assertRefused("not a PROXY protocol header");
  }

  @Test
  void a_header_that_does_not_come_in_time_is_not_waited_for() {
    receive("PROXY ");
    channel.advanceTimeBy(30, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertRefused("no PROXY protocol header came within 30000 ms");
  }

  @Test
  void an_announced_client_has_all_the_time_it_wants() {
    receive(V1);
    channel.advanceTimeBy(31, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(complaints).isEmpty();
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void half_a_header_and_then_the_end_is_refused() {
    receive("PROXY TCP4 192.0");
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    assertRefused("closed in the middle");
  }

  @Test
  void a_connection_that_is_closed_without_a_byte_is_not_worth_a_word() {
    channel.close();
    channel.runPendingTasks();
    assertThat(complaints).isEmpty();
    assertThat(announced).isEmpty();
  }
}
