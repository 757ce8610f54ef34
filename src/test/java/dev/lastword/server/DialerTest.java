package dev.lastword.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Endpoint;
import dev.lastword.config.Server;
import dev.lastword.relay.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DialerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Resolver resolver = new Resolver();
  private @Nullable MultiThreadIoEventLoopGroup loops;

  @TempDir Path folder;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable socket : open) {
      socket.close();
    }
    resolver.close();
    if (loops != null) {
      loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
    }
  }

  /** What became of an attempt: a link, or why there is none. */
  private record Outcome(@Nullable ServerLink link, String why, boolean onLoop) {
    ServerLink connected() {
      if (link == null) {
        throw new AssertionError("unreachable: " + why);
      }
      return link;
    }
  }

  /** What speaks against a server; nothing, unless a test says so. */
  private Function<ServerTarget, Optional<String>> objection = _ -> Optional.empty();

  private Outcome dial(Transport transport, ServerTarget... order) throws Exception {
    MultiThreadIoEventLoopGroup group = loops;
    if (group == null) {
      group = transport.eventLoops(2, new DefaultThreadFactory("dialer-test"));
      loops = group;
    }
    EventLoop loop = group.next();
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Dialer dialer =
        new Dialer(transport, resolver, Duration.ofSeconds(20), 65_536).unless(objection);
    loop.execute(() ->
        dialer.dial(
            loop,
            List.of(order),
            _ -> handler(),
            new Dialer.Caller() {
              @Override
              public void connected(ServerLink link) {
                open.add(() -> link.leg().channel().close().await());
                done(new Outcome(link, "", loop.inEventLoop()));
              }

              @Override
              public void unreachable(String why) {
                done(new Outcome(null, why, loop.inEventLoop()));
              }

              private void done(Outcome one) {
                assertThat(outcome.complete(one)).as("told once").isTrue();
              }
            }));
    return outcome.get(60, TimeUnit.SECONDS);
  }

  private static ChannelHandler handler() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // The sockets of these tests are closed as they are.
        ctx.close();
      }
    };
  }

  @ParameterizedTest
  @EnumSource
  void the_first_server_that_accepts_is_taken(Transport transport) throws Exception {
    ServerSocketChannel first = listen(LOOPBACK);
    ServerSocketChannel second = listen(LOOPBACK);
    Outcome outcome = dial(transport, tcp("a", first), tcp("b", second));
    ServerLink link = outcome.connected();
    assertThat(outcome.onLoop()).isTrue();
    assertThat(link.target().server().name()).isEqualTo("a");
    assertThat(link.address()).isEqualTo("127.0.0.1:" + port(first));
    assertThat(link.leg().secure()).isFalse();
    assertThat(link.leg().channel().config().isAutoRead()).isFalse();
    second.configureBlocking(false);
    assertThat(second.accept()).isNull();
    try (SocketChannel accepted = first.accept()) {
      accepted.write(ByteBuffer.wrap(new byte[] {1}));
      Channel channel = link.leg().channel();
      channel.writeAndFlush(channel.alloc().buffer().writeByte(42)).sync();
      ByteBuffer read = ByteBuffer.allocate(1);
      accepted.read(read);
      assertThat(read.get(0)).isEqualTo((byte) 42);
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_last_handler_of_the_pipeline_is_the_one_that_was_made_for_the_link(Transport transport)
      throws Exception {
    Channel channel = dial(transport, tcp("a", listen(LOOPBACK))).connected().leg().channel();
    assertThat(channel.pipeline().names()).startsWith("relay");
  }

  @ParameterizedTest
  @EnumSource
  void a_server_with_something_against_it_is_passed_over_and_said_why(Transport transport)
      throws Exception {
    ServerSocketChannel out = listen(LOOPBACK);
    ServerSocketChannel fit = listen(LOOPBACK);
    objection =
        target ->
            target.server().name().equals("out")
                ? Optional.of("out is out of its group")
                : Optional.empty();
    assertThat(dial(transport, tcp("out", out), tcp("fit", fit)).connected().target().server())
        .returns("fit", Server::name);
    Outcome alone = dial(transport, tcp("out", out));
    assertThat(alone.why()).isEqualTo("out is out of its group");
    out.configureBlocking(false);
    assertThat(out.accept()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void a_server_against_which_something_comes_up_while_it_accepts_is_left(Transport transport)
      throws Exception {
    ServerSocketChannel out = listen(LOOPBACK);
    ServerSocketChannel fit = listen(LOOPBACK);
    AtomicInteger asked = new AtomicInteger();
    objection =
        target ->
            target.server().name().equals("out") && asked.getAndIncrement() > 0
                ? Optional.of("out is out of its group")
                : Optional.empty();
    assertThat(dial(transport, tcp("out", out), tcp("fit", fit)).connected().target().server())
        .returns("fit", Server::name);
    try (SocketChannel accepted = out.accept()) {
      assertThat(accepted.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_server_that_refuses_is_passed_over(Transport transport) throws Exception {
    ServerSocketChannel up = listen(LOOPBACK);
    Outcome outcome = dial(transport, refusing("down"), refusing("too"), tcp("up", up));
    assertThat(outcome.connected().target().server().name()).isEqualTo("up");
  }

  @ParameterizedTest
  @EnumSource
  void every_address_of_every_server_is_named_when_none_accepts(Transport transport)
      throws Exception {
    ServerTarget a = refusing("a");
    ServerTarget b = refusing("b");
    Outcome outcome = dial(transport, a, b);
    assertThat(outcome.link()).isNull();
    assertThat(outcome.onLoop()).isTrue();
    assertThat(outcome.why())
        .isEqualTo(
            "a ("
                + a.endpoint()
                + "): connection refused; b ("
                + b.endpoint()
                + "): connection"
                + " refused");
  }

  @ParameterizedTest
  @EnumSource
  void a_server_with_several_addresses_is_tried_at_each_of_them(Transport transport)
      throws Exception {
    InetAddress[] addresses = InetAddress.getAllByName("localhost");
    int port = port(listen(addresses[addresses.length - 1]));
    ServerTarget byName = target("a", new Endpoint.Tcp("localhost", port));
    ServerLink link = dial(transport, byName).connected();
    assertThat(((InetSocketAddress) link.leg().channel().remoteAddress()).getAddress())
        .isEqualTo(addresses[addresses.length - 1]);
    open.removeFirst().close();
    Outcome outcome = dial(transport, byName);
    assertThat(outcome.why().split(";", -1)).hasSize(addresses.length);
    assertThat(outcome.why()).doesNotContain("localhost");
  }

  @ParameterizedTest
  @EnumSource
  void an_unknown_host_is_passed_over_and_named(Transport transport) throws Exception {
    ServerTarget unknown = target("a", new Endpoint.Tcp("no-such-host.invalid", 33060));
    ServerSocketChannel up = listen(LOOPBACK);
    assertThat(dial(transport, unknown, tcp("b", up)).connected().target().server().name())
        .isEqualTo("b");
    assertThat(dial(transport, unknown).why())
        .isEqualTo("a (no-such-host.invalid:33060): no address is known for no-such-host.invalid");
  }

  @ParameterizedTest
  @EnumSource
  void a_unix_domain_socket_is_connected_to_and_secure(Transport transport) throws Exception {
    Path path = folder.resolve("mysqlx.sock");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    open.add(server);
    server.bind(UnixDomainSocketAddress.of(path));
    ServerLink link = dial(transport, target("a", new Endpoint.Unix(path))).connected();
    assertThat(link.leg().secure()).isTrue();
    assertThat(link.leg().encrypted()).isFalse();
    assertThat(link.address()).isEqualTo("unix:" + path);
  }

  @ParameterizedTest
  @EnumSource
  void a_unix_domain_socket_that_is_not_there_is_passed_over_and_named(Transport transport)
      throws Exception {
    Path path = folder.resolve("none.sock");
    Outcome outcome = dial(transport, target("a", new Endpoint.Unix(path)));
    assertThat(outcome.why())
        .startsWith("a (unix:" + path + "): ")
        .containsIgnoringCase("no such file");
    assertThat(
            dial(transport, target("a", new Endpoint.Unix(path)), tcp("b", listen(LOOPBACK)))
                .connected()
                .target()
                .server()
                .name())
        .isEqualTo("b");
  }

  private ServerSocketChannel listen(InetAddress address) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    open.add(server);
    return server.bind(new InetSocketAddress(address, 0));
  }

  private static int port(ServerSocketChannel server) throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  /** Nobody listens at a port that was just given back. */
  private ServerTarget refusing(String name) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return tcp(name, server);
    }
  }

  private static ServerTarget tcp(String name, ServerSocketChannel server) throws IOException {
    return target(name, new Endpoint.Tcp("127.0.0.1", port(server)));
  }

  private static ServerTarget target(String name, Endpoint endpoint) {
    return new ServerTarget(Server.at(name, "127.0.0.1"), endpoint, null);
  }
}
