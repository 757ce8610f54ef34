/** Tests of TLS, with throwaway certificates and real handshakes between two pipelines in memory. */
@NullMarked
package dev.lastword.tls;

import org.jspecify.annotations.NullMarked;
