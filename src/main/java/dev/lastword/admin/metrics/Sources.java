package dev.lastword.admin.metrics;

import dev.lastword.admin.Steering;
import dev.lastword.config.Config;
import dev.lastword.server.Monitors;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.LossCounters;
import dev.lastword.status.SentCounters;
import io.netty.util.concurrent.EventExecutor;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * What the metrics of a proxy are read from.
 *
 * @param version what the build calls itself
 * @param started when the proxy was started
 * @param config what is in force
 * @param sent what X clients were sent
 * @param losses how sessions ended
 * @param sessions those that live
 * @param monitors what is known of the servers
 * @param steering what operators have done
 * @param loops the threads that serve sessions
 */
public record Sources(
    String version,
    Instant started,
    Supplier<Config> config,
    SentCounters sent,
    LossCounters losses,
    SessionRegistry sessions,
    Monitors monitors,
    Steering steering,
    Iterable<EventExecutor> loops) {}
