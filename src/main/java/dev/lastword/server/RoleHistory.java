package dev.lastword.server;

import dev.lastword.config.Listener;
import dev.lastword.server.ServerRole.Membership;
import java.util.Optional;

/**
 * What is known of a server's role, and what speaks against it: values in, values out.
 *
 * @param last what it said last; empty if it never did, or another process has taken its place since
 * @param wasMember whether it has been in a group since it was first seen. A server that was, and is not, may lack what its group has
 *     decided since; one that never was is just a server
 */
record RoleHistory(Optional<ServerRole> last, boolean wasMember) {
  static final RoleHistory NEW = new RoleHistory(Optional.empty(), false);

  /** Another process of the same server answers. It will be out of its group until it has joined again. */
  RoleHistory afterRestart() {
    return new RoleHistory(Optional.empty(), wasMember);
  }

  /** A look ended; {@code told} is empty if the server did not say. */
  RoleHistory after(Optional<ServerRole> told) {
    if (told.isEmpty()) {
      return this;
    }
    boolean member =
        switch (told.get().membership()) {
          case ONLINE, NO_QUORUM, RECOVERING, ERROR -> true;
          case NONE -> false;
          case UNKNOWN, OFFLINE, OFFLINE_MODE -> wasMember;
        };
    return new RoleHistory(told, member);
  }

  /** Why a new session with that need should not go there, as a clause about the server; empty if nothing is known against it. */
  Optional<String> objection(Listener.Role need) {
    if (last.isEmpty()) {
      return Optional.empty();
    }
    ServerRole role = last.get();
    Optional<String> out =
        switch (role.membership()) {
          case NO_QUORUM -> Optional.of("cannot reach the majority of its group");
          case RECOVERING -> Optional.of("is joining its group and has not caught up (RECOVERING)");
          case ERROR -> Optional.of("is out of its group (ERROR)");
          case OFFLINE ->
              wasMember ? Optional.of("is out of its group (OFFLINE)") : Optional.empty();
          case OFFLINE_MODE -> Optional.of("is in offline mode");
          case UNKNOWN, NONE, ONLINE -> Optional.empty();
        };
    return switch (need) {
      case ANY -> out;
      case PRIMARY -> out.or(() -> againstWriting(role));
    };
  }

  private static Optional<String> againstWriting(ServerRole role) {
    if (role.secondary()) {
      return Optional.of("is a secondary of its group, and not the primary");
    }
    return role.readOnly() ? Optional.of("is read-only, and not a primary") : Optional.empty();
  }

  /**
   * Whether sessions with that need, which the server has, are lost. In offline mode it has ended those itself that it does not want to
   * have.
   */
  boolean isLostTo(Listener.Role need) {
    return last.isPresent()
        && last.get().membership() != Membership.OFFLINE_MODE
        && objection(need).isPresent();
  }
}
