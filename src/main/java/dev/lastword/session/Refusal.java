package dev.lastword.session;

/**
 * What a client is told that is refused: only codes that a server sends, never a client library's.
 *
 * @param code MySQL's number of the error
 * @param sqlState five characters
 * @param text beginning with the server's own wording for the code
 */
public record Refusal(int code, String sqlState, String text) {}
