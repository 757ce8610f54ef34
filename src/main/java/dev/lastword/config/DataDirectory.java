package dev.lastword.config;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where the proxy keeps what it makes itself, if the configuration does not say: the directory that systemd gives a service ({@code
 * STATE_DIRECTORY}), else what the XDG base directory specification says.
 */
public final class DataDirectory {
  private DataDirectory() {}

  /**
   * The default for a process with this environment. Nothing is created.
   *
   * @param environment of which STATE_DIRECTORY, XDG_STATE_HOME and HOME are looked at
   */
  public static Path of(Map<String, String> environment) {
    String state = environment.getOrDefault("STATE_DIRECTORY", "");
    if (!state.isEmpty()) {
      // systemd separates several by colons.
      int colon = state.indexOf(':');
      return Path.of(colon < 0 ? state : state.substring(0, colon)).toAbsolutePath();
    }
    String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
    // The specification has relative paths ignored.
    if (xdg.startsWith("/")) {
      return Path.of(xdg, "lastword");
    }
    String home = environment.getOrDefault("HOME", "");
    return Path.of(
        home.isEmpty() ? System.getProperty("user.home", "") : home, ".local", "state", "lastword");
  }
}
