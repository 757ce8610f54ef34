package dev.lastword.server;

import dev.lastword.config.Endpoint;
import dev.lastword.config.Server;
import dev.lastword.tls.ServerLegTls;
import org.jspecify.annotations.Nullable;

/**
 * A server as sessions of one protocol reach it.
 *
 * @param server its configuration
 * @param endpoint where it speaks that protocol
 * @param tls how the proxy encrypts towards it; null if it never does
 */
public record ServerTarget(Server server, Endpoint endpoint, @Nullable ServerLegTls tls) {}
