package dev.lastword.config;

/**
 * How much may be used.
 *
 * @param sessions sessions that all listeners together serve at once, 1 or more
 * @param holdBack bytes of a frame that are kept until its end has been read, 1 KiB to 64 MiB; a longer frame is streamed
 * @param writeBuffer bytes that may wait for one slow reader before its peer is no longer read, 16 KiB to 64 MiB
 */
public record Limits(int sessions, int holdBack, int writeBuffer) {}
