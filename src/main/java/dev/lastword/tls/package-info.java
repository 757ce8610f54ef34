/**
 * TLS on both legs of a session. The configuration's modes and files come in; handlers for one connection each go out, made of a context
 * that is replaced when a file changes. {@code listen} asks for those towards clients, {@code server} for those towards servers. Also
 * here: the certificate that the proxy makes for itself, and the check that configured files can be used.
 */
@NullMarked
package dev.lastword.tls;

import org.jspecify.annotations.NullMarked;
