package dev.lastword.status;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What went through the sessions of one listener on one event loop. Only that loop's thread may count, which costs it an addition for
 * each read and each write; any thread may look.
 */
public final class Traffic {
  /** Opaque: nothing is ordered by what is counted here, and whoever looks may be a moment late. */
  private static final VarHandle CELL =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  // In the middle of the array, so that no two loops write to one cache line.
  private static final int BYTES_IN = 16;
  private static final int BYTES_OUT = 17;
  private static final int REQUESTS = 18;
  private static final int LENGTH = 35;

  private final long[] cells = new long[LENGTH];

  /** Counts bytes that a client sent. */
  public void in(long bytes) {
    add(BYTES_IN, bytes);
  }

  /** Counts bytes that a client is sent. */
  public void out(long bytes) {
    add(BYTES_OUT, bytes);
  }

  /** Counts what a client asked for. */
  public void requests(long count) {
    add(REQUESTS, count);
  }

  /** Bytes that clients sent. */
  public long bytesIn() {
    return get(BYTES_IN);
  }

  /** Bytes that clients were sent. */
  public long bytesOut() {
    return get(BYTES_OUT);
  }

  /** How often clients asked for something. */
  public long requests() {
    return get(REQUESTS);
  }

  private void add(int cell, long amount) {
    CELL.setOpaque(cells, cell, cells[cell] + amount);
  }

  private long get(int cell) {
    return (long) CELL.getOpaque(cells, cell);
  }
}
