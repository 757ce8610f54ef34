package dev.lastword.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The CPU time of a process, all threads, user and system, also of those that have ended.
 *
 * <p>{@code /proc/PID/stat} counts in ticks of 10 ms, which is a few percent of what a round takes; the kernel's clock of the same process
 * counts in nanoseconds. The sum is therefore the clock's, and {@code stat} only tells how it divides.
 */
final class CpuClock {
  private static final long NANOS_PER_TICK = 10_000_000;

  private static final MethodHandle CLOCK_GETTIME = clockGettime();

  private final long pid;

  CpuClock(long pid) {
    this.pid = pid;
  }

  /** CPU time in nanoseconds since the process began. */
  long nanos() {
    // How Linux numbers the clock of a process (see clock_getcpuclockid): its id, inverted, and
    // what to count.
    int clock = (int) (~pid << 3) | 2;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(ValueLayout.JAVA_LONG, 2);
      if ((int) CLOCK_GETTIME.invokeExact(clock, time) != 0) {
        throw new IllegalStateException("no CPU clock of process " + pid + "; has it ended?");
      }
      return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1_000_000_000
          + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** User time in nanoseconds since the process began, in steps of 10 ms. */
  long userNanos() throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // The name before the last parenthesis may hold anything.
    List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
    return Long.parseLong(fields.get(11)) * NANOS_PER_TICK;
  }

  /** CPU time in nanoseconds of the event loops alone: without compilers and collector, which grow quiet as a process gets older. */
  long loopNanos() throws IOException {
    long sum = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        try {
          String name = Files.readString(thread.resolve("comm"));
          if (name.startsWith("lastword-loop") || name.startsWith(BareRelay.LOOP)) {
            sum += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]);
          }
        } catch (NoSuchFileException _) {
          // A thread that has just ended, and so is none of them.
        }
      }
    }
    return sum;
  }

  @SuppressWarnings("restricted") // The launch script gives native access.
  private static MethodHandle clockGettime() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("clock_gettime"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
  }
}
