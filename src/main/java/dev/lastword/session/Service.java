package dev.lastword.session;

import dev.lastword.config.Listener.WhenNoServer;
import dev.lastword.server.Diagnoser;
import dev.lastword.server.Dialer;
import dev.lastword.server.ServerTarget;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What all sessions of one listener share, whatever they speak.
 *
 * @param dialer connects to servers
 * @param order in which order the next session tries the servers
 * @param holdBack the longest frame in bytes that is kept until it is complete
 * @param handshake how long a client may take to authenticate
 * @param idle how long an idle client is kept; zero means for ever
 * @param halfRequest how long the rest of a request may take to come
 * @param whenNoServer what a client is told that is not logged in, if there is no server for it
 * @param linger how long a client may take to read its farewell
 * @param diagnoser who knows how the servers are
 */
public record Service(
    Dialer dialer,
    Supplier<List<ServerTarget>> order,
    int holdBack,
    Duration handshake,
    Duration idle,
    Duration halfRequest,
    WhenNoServer whenNoServer,
    Duration linger,
    Diagnoser diagnoser) {}
