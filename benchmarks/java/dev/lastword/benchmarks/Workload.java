package dev.lastword.benchmarks;

/** What is asked of each way to the server. */
enum Workload {
  POINT_1("point statements, 1 session", 1, 1, Statements.POINT),
  POINT_8("point statements, 8 sessions", 8, 1, Statements.POINT),
  POINT_64("point statements, 64 sessions", 64, 1, Statements.POINT),
  PIPELINED("10 requests pipelined, 4 sessions", 4, 10, Statements.POINT),
  RESULTS("1 MiB results, 4 sessions", 4, 1, Statements.MEBIBYTE),
  CONNECT("connect, authenticate, 1 statement, close; 4 at once", 4, 1, Statements.POINT);

  private final String title;
  private final int sessions;
  private final int pipelined;
  private final String statement;

  Workload(String title, int sessions, int pipelined, String statement) {
    this.title = title;
    this.sessions = sessions;
    this.pipelined = pipelined;
    this.statement = statement;
  }

  String title() {
    return title;
  }

  /** How many are at work at once. */
  int sessions() {
    return sessions;
  }

  /** Requests that a session sends in one write before it waits for their answers. */
  int pipelined() {
    return pipelined;
  }

  String statement() {
    return statement;
  }

  /** Whether each operation has a connection of its own. */
  boolean connects() {
    return this == CONNECT;
  }

  /** Whether it is about bytes and not about operations. */
  boolean bulk() {
    return this == RESULTS;
  }

  /** Whether the time from a request to its answer is of interest. */
  boolean timed() {
    return this == POINT_1;
  }

  private static final class Statements {
    static final String POINT = "SELECT v FROM lastword_bench.point WHERE id = 7";
    static final String MEBIBYTE = "SELECT v FROM lastword_bench.bulk";
  }
}
