package dev.lastword.testing.chromium;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A tab of {@link Chromium}. */
public final class Page implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final Map<String, Integer> seen = new ConcurrentHashMap<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final List<URI> requests = new CopyOnWriteArrayList<>();

  /** One message is sent at a time, as the client wants it. */
  private CompletableFuture<WebSocket> lastSent;

  Page(HttpClient http, URI address) {
    socket = http.newWebSocketBuilder().buildAsync(address, new Listener(this::receive)).join();
    lastSent = CompletableFuture.completedFuture(socket);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      command(domain + ".enable", Map.of());
    }
  }

  /** Puts the parts of messages together. */
  private static final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();
    private final Consumer<String> receiver;

    Listener(Consumer<String> receiver) {
      this.receiver = receiver;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        receiver.accept(whole);
      }
      from.request(1);
      return null;
    }
  }

  private void receive(String text) {
    JsonNode message = JSON.readTree(text);
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = waiting.remove(message.path("id").asInt());
      if (answer != null) {
        answer.complete(message);
      }
      return;
    }
    String method = message.path("method").asString();
    JsonNode what = message.path("params");
    seen.merge(method, 1, Integer::sum);
    switch (method) {
      case "Network.requestWillBeSent" ->
          requests.add(URI.create(what.path("request").path("url").asString()));
      case "Runtime.exceptionThrown" -> problems.add("exception: " + what);
      case "Runtime.consoleAPICalled" -> {
        if (what.path("type").asString().matches("error|warning|assert")) {
          problems.add("console: " + what.path("args"));
        }
      }
      case "Log.entryAdded" -> {
        JsonNode entry = what.path("entry");
        if (entry.path("level").asString().matches("error|warning")) {
          problems.add(
              "log: %s %s"
                  .formatted(entry.path("text").asString(), entry.path("url").asString("")));
        }
      }
      default -> {}
    }
  }

  /** Gives a command of the DevTools protocol and waits for its result. */
  private JsonNode command(String method, Map<String, ?> parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    String text = JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
    synchronized (this) {
      lastSent = lastSent.thenCompose(open -> open.sendText(text, true));
    }
    JsonNode message = answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    if (message.has("error")) {
      throw new AssertionError(method + ": " + message.path("error"));
    }
    return message.path("result");
  }

  /** Opens an address, and returns when the page and all that it names are loaded. */
  public Page open(URI address) {
    int before = seen.getOrDefault("Page.loadEventFired", 0);
    JsonNode result = command("Page.navigate", Map.of("url", address.toString()));
    if (result.has("errorText")) {
      throw new AssertionError(address + ": " + result.path("errorText").asString());
    }
    if (!result.has("loaderId")) {
      // Only the part behind # is another.
      return this;
    }
    await("the page is loaded")
        .atMost(LIMIT)
        .until(() -> seen.getOrDefault("Page.loadEventFired", 0) > before);
    return this;
  }

  /** What an expression of JavaScript is; a promise is waited for. */
  public JsonNode evaluate(String expression) {
    JsonNode result =
        command(
            "Runtime.evaluate",
            Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
    }
    return result.path("result").path("value");
  }

  /** Whether an expression of JavaScript holds now. */
  public boolean holds(String expression) {
    return evaluate("!!(" + expression + ")").asBoolean();
  }

  /** Waits until an expression of JavaScript holds. */
  public void awaitThat(String expression) {
    try {
      await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() -> holds(expression));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "never was: %s; the page says: %s; problems: %s"
              .formatted(expression, text("body"), problems),
          e);
    }
  }

  /** Waits until what a selector finds first shows a text. */
  public void awaitText(String selector, String text) {
    awaitThat(
        "document.querySelector(%s)?.innerText.includes(%s)"
            .formatted(quote(selector), quote(text)));
  }

  /** The text that people see of what a selector finds first. */
  public String text(String selector) {
    return evaluate("document.querySelector(%s).innerText".formatted(quote(selector))).asString();
  }

  /** A text as JavaScript writes it. */
  public static String quote(String text) {
    return JSON.writeValueAsString(text);
  }

  /** Clicks with the mouse into the middle of the first that a selector finds and that can be seen, when there is one. */
  public void click(String selector) {
    String seen =
        "[...document.querySelectorAll(%s)].find((node) => node.checkVisibility())"
            .formatted(quote(selector));
    awaitThat(seen);
    JsonNode at =
        evaluate(
            """
            (() => {
              const node = %s;
              node.scrollIntoView({block: 'center', behavior: 'instant'});
              const box = node.getBoundingClientRect();
              return {x: box.x + box.width / 2, y: box.y + box.height / 2};
            })()
            """
                .formatted(seen));
    for (String type : List.of("mousePressed", "mouseReleased")) {
      command(
          "Input.dispatchMouseEvent",
          Map.of(
              "type",
              type,
              "x",
              at.path("x").asDouble(),
              "y",
              at.path("y").asDouble(),
              "button",
              "left",
              "clickCount",
              1));
    }
  }

  /** Presses a key and lets it go: Tab, Shift+Tab, Enter, Escape, an arrow, Home or End. */
  public void press(String key) {
    boolean shift = key.startsWith("Shift+");
    String name = shift ? key.substring("Shift+".length()) : key;
    int number =
        Objects.requireNonNull(
            Map.of(
                    "Tab",
                    9,
                    "Enter",
                    13,
                    "Escape",
                    27,
                    "End",
                    35,
                    "Home",
                    36,
                    "ArrowLeft",
                    37,
                    "ArrowRight",
                    39)
                .get(name));
    Map<String, Object> event = new java.util.HashMap<>();
    event.put("key", name);
    event.put("code", name);
    event.put("windowsVirtualKeyCode", number);
    event.put("modifiers", shift ? 8 : 0);
    event.put("type", "keyDown");
    if (name.equals("Enter")) {
      event.put("text", "\r");
    }
    command("Input.dispatchKeyEvent", event);
    event.put("type", "keyUp");
    event.remove("text");
    command("Input.dispatchKeyEvent", event);
  }

  /** Types into what has the focus. */
  public void type(String text) {
    command("Input.insertText", Map.of("text", text));
  }

  /** Makes the page that large; a phone also has no mouse. */
  public Page size(int width, int height, boolean phone) {
    command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
    return this;
  }

  /** What the operating system would say of colours: light or dark. */
  public Page scheme(String scheme) {
    command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    return this;
  }

  /** Where the page's user is. */
  public Page zone(String zone) {
    command("Emulation.setTimezoneOverride", Map.of("timezoneId", zone));
    return this;
  }

  /** Writes what is seen into a file. */
  public void screenshot(Path file) {
    JsonNode picture = command("Page.captureScreenshot", Map.of("format", "png"));
    try {
      Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
      Files.write(file, Base64.getDecoder().decode(picture.path("data").asString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Errors and warnings of the page's scripts and of the browser about it, in their order. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** All that the page has asked for. */
  public List<URI> requests() {
    return List.copyOf(requests);
  }

  /** Closes the tab. */
  @Override
  public void close() {
    command("Page.close", Map.of());
    socket.abort();
  }
}
