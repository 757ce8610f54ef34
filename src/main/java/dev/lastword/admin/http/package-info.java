/**
 * The way in over HTTP: JSON for programs, a stream of events, the metrics, health checks, and the files of the web page. HTTP/1.1 comes
 * in, over TLS if so configured; answers made of {@link dev.lastword.admin.Catalog} go out, and calls of {@link
 * dev.lastword.admin.Steering}. {@link dev.lastword.admin.http.HttpServer} is opened by the proxy, has one event loop of its own, and
 * answers on virtual threads, so that nothing an operator does can hold up a session.
 */
@NullMarked
package dev.lastword.admin.http;

import org.jspecify.annotations.NullMarked;
