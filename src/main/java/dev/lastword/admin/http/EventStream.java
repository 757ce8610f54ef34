package dev.lastword.admin.http;

import dev.lastword.status.Event;
import dev.lastword.status.EventLog;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events, sent to one client as server-sent events. A client that does not read is dropped: it comes back and says which event it had
 * last.
 */
final class EventStream implements Consumer<Event> {
  static final String TYPE = "text/event-stream";

  private static final Logger log = LoggerFactory.getLogger("lastword.admin");

  /** Events on their way to one client; more than any log remembers that is replayed. */
  private static final int MOST_WAITING = 4_096;

  /** How long until a browser tries again after it was dropped. */
  private static final int RETRY_MILLIS = 2_000;

  private final Channel channel;
  private final AtomicInteger waiting = new AtomicInteger();
  private @Nullable ChannelFuture lastBeat;

  private EventStream(Channel channel) {
    this.channel = channel;
  }

  /**
   * Sends events until the channel closes. Its head has been written; to be called on its event loop.
   *
   * @param since the number of the last event that the client knows, or {@link Reply.Events#NEW}
   */
  static void begin(Channel channel, EventLog events, long since, long heartbeatMillis) {
    EventStream stream = new EventStream(channel);
    AutoCloseable subscription =
        since == Reply.Events.NEW
            ? events.subscribe(stream)
            : events.subscribeSince(known(events, since), stream);
    // Events wait for this event loop, so this is the first that goes out; who has read it misses
    // none.
    stream.send("retry: " + RETRY_MILLIS + "\n\n");
    Future<?> beat =
        channel
            .eventLoop()
            .scheduleAtFixedRate(
                stream::beat, heartbeatMillis, heartbeatMillis, TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(_ -> {
          beat.cancel(false);
          subscription.close();
        });
  }

  /** A number that is still to come is one of an earlier life of the proxy: that client knows nothing of this one. */
  private static long known(EventLog events, long since) {
    return since > 0 && events.since(since - 1).isEmpty() ? 0 : since;
  }

  @Override
  public void accept(Event event) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      drop();
      return;
    }
    try {
      channel
          .eventLoop()
          .execute(() -> send(text(event)).addListener(_ -> waiting.decrementAndGet()));
    } catch (RejectedExecutionException e) {
      // The server is closing, and the stream with it.
    }
  }

  private void drop() {
    log.debug("event=admin-stream-dropped client={}", channel.remoteAddress());
    channel.close();
  }

  private void beat() {
    if (lastBeat != null && !lastBeat.isDone()) {
      drop();
    } else {
      lastBeat = send(": still there\n\n");
    }
  }

  private ChannelFuture send(String text) {
    return channel.writeAndFlush(
        new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
  }

  private static String text(Event event) {
    byte[] data =
        Json.bytes(json -> {
          json.writeStartObject();
          json.writeNumberProperty("id", event.id());
          json.writeStringProperty("at", Json.time(event.at()));
          json.writeStringProperty("kind", event.kind().text());
          Json.property(json, "server", event.server().isEmpty() ? null : event.server());
          Json.property(json, "listener", event.listener().isEmpty() ? null : event.listener());
          Json.property(json, "session", event.session() == 0 ? null : event.session());
          json.writeStringProperty("text", event.text());
          json.writeEndObject();
        });
    return "event: "
        + event.kind().text()
        + "\nid: "
        + event.id()
        + "\ndata: "
        + new String(data, StandardCharsets.UTF_8)
        + "\n\n";
  }
}
