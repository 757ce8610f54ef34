package dev.lastword.server;

/**
 * What a server says of its place: in its Group Replication group, and towards those who write.
 *
 * @param membership how it stands in its group
 * @param secondary whether it is a member that takes no writes, by the group's decision
 * @param readOnly whether it takes no writes ({@code read_only}, which {@code super_read_only} switches on too)
 */
public record ServerRole(Membership membership, boolean secondary, boolean readOnly) {
  /** A server in {@code offline_mode}: it lets in administrators, and nobody else may ask it anything. */
  public static final ServerRole IN_OFFLINE_MODE =
      new ServerRole(Membership.OFFLINE_MODE, false, false);

  /** How a server stands in its group. */
  public enum Membership {
    /** The account may not ask. */
    UNKNOWN,
    /** It has nothing to do with Group Replication. */
    NONE,
    /** A full member, with the majority of the group in reach. */
    ONLINE,
    /** A member that cannot reach the majority: what is written there waits, what is read there is old. */
    NO_QUORUM,
    /** It is joining, and has not caught up. */
    RECOVERING,
    /** Group Replication is there and does not run. */
    OFFLINE,
    /** It was expelled, or failed. */
    ERROR,
    /** Nobody but administrators may use it, which an expelled server can do to itself. */
    OFFLINE_MODE
  }

  /**
   * Reads what a member's own list of the group says.
   *
   * @param state MEMBER_STATE of the server itself; empty if it is not on the list
   * @param members how many are on the list
   * @param reachable how many of them are ONLINE or RECOVERING
   */
  public static Membership membership(String state, int members, int reachable) {
    return switch (state) {
      case "" -> Membership.NONE;
      case "ONLINE" -> 2 * reachable > members ? Membership.ONLINE : Membership.NO_QUORUM;
      case "RECOVERING" -> Membership.RECOVERING;
      case "OFFLINE" -> Membership.OFFLINE;
      default -> Membership.ERROR;
    };
  }
}
