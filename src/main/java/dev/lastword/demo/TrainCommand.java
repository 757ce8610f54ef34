package dev.lastword.demo;

import dev.lastword.Proxy;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Shows the JVM what the program does, while it writes the cache of loaded classes that makes the next start fast: starts a proxy, serves
 * one connection and an operator, ends. The build runs it, and users need not know it.
 */
@Command(
    name = "train",
    hidden = true,
    description = "Serves one connection and ends; the build makes its class cache so.")
public final class TrainCommand implements Callable<Integer> {
  private static final int LIMIT_MILLIS = 5_000;
  private static final byte[] CAPABILITIES_GET = {1, 0, 0, 0, 1};

  /** A refusal: a frame of type 1 (ERROR) with severity 0, code 1, an empty SQL state and an empty text. */
  private static final byte[] REFUSAL = {9, 0, 0, 0, 1, 8, 0, 16, 1, 34, 0, 26, 0};

  /** For picocli. */
  public TrainCommand() {}

  @Override
  public Integer call() throws IOException {
    Path data = Files.createTempDirectory("lastword-train-");
    try (ServerSocket server = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual().start(() -> refuse(server));
      try (Proxy proxy = Proxy.start(config(server.getLocalPort(), data));
          Socket client = new Socket(InetAddress.ofLiteral("127.0.0.1"), proxy.port("x"))) {
        client.setSoTimeout(LIMIT_MILLIS);
        client.getOutputStream().write(CAPABILITIES_GET);
        // Whatever comes is fine: what counts is that its way was walked.
        client.getInputStream().readNBytes(1);
        ask(proxy.httpPort().orElseThrow(), "/api/v1/summary");
        ask(proxy.httpPort().orElseThrow(), "/metrics");
      }
    } finally {
      Cache.delete(data);
    }
    return 0;
  }

  private static void ask(int port, String path) throws IOException {
    try (Socket operator = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      operator.setSoTimeout(LIMIT_MILLIS);
      String request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
      operator.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var _ = operator.getInputStream().readAllBytes();
    }
  }

  private static void refuse(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket proxy = server.accept()) {
        proxy.setSoTimeout(LIMIT_MILLIS);
        InputStream in = proxy.getInputStream();
        if (in.read() >= 0) {
          proxy.getOutputStream().write(REFUSAL);
        }
      } catch (IOException e) {
        // The proxy is through with this server.
      }
    }
  }

  private static Config config(int serverPort, Path data) {
    return Config.builder()
        .listener(Listener.x("x", "training").withBind("127.0.0.1", 0))
        .server(Server.at("training", "127.0.0.1", serverPort, serverPort))
        .dataDirectory(data)
        .eventLoops(1)
        .admin(AdminSettings.OFF.withHttp("127.0.0.1", 0).withSql("127.0.0.1", 0))
        .build();
  }
}
