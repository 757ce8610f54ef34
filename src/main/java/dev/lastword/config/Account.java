package dev.lastword.config;

/**
 * An account on a server.
 *
 * @param user its name, without the host part
 * @param password what it proves itself with
 */
public record Account(String user, Secret password) {}
