package dev.lastword.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheTest {
  @Test
  void the_environment_says_where_it_is() {
    assertThat(Cache.directory(Map.of(), "/home/u")).isEqualTo(Path.of("/home/u/.cache/lastword"));
    assertThat(Cache.directory(Map.of("XDG_CACHE_HOME", "/c"), "/home/u"))
        .isEqualTo(Path.of("/c/lastword"));
    assertThat(Cache.directory(Map.of("LASTWORD_CACHE", "/l", "XDG_CACHE_HOME", "/c"), "/home/u"))
        .isEqualTo(Path.of("/l"));
    assertThat(Cache.directory(Map.of("HOME", "/h"), "/nonexistent"))
        .isEqualTo(Path.of("/h/.cache/lastword"));
    assertThat(Cache.directory(Map.of(), "?").getFileName().toString()).startsWith("lastword-");
  }

  @Test
  void it_is_made_for_its_owner_only(@TempDir Path folder) throws IOException {
    Cache cache = new Cache(folder.resolve("a/b"));
    assertThat(cache.resolve("x")).isEqualTo(folder.resolve("a/b/x"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("a/b"))))
        .isEqualTo("rwx------");
  }

  @Test
  void a_folder_that_cannot_be_made_is_named_with_the_way_out(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    assertThatThrownBy(() -> new Cache(file.resolve("cache")).resolve("x"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("LASTWORD_CACHE");
  }

  @Test
  void what_is_locked_is_done_by_one_thread_at_a_time(@TempDir Path folder) throws Exception {
    Cache cache = new Cache(folder);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        results.add(
            threads.submit(() ->
                cache.locked(
                    "one",
                    _ -> {},
                    () -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      Files.writeString(folder.resolve("work"), "takes a moment");
                      return inside.decrementAndGet();
                    })));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get()).isZero();
      }
    }
    assertThat(most).hasValue(1);
  }

  @Test
  void deleting_takes_whole_folders_and_does_not_follow_links(@TempDir Path folder)
      throws IOException {
    Path outside = Files.writeString(folder.resolve("outside"), "stays");
    Path tree = Files.createDirectories(folder.resolve("tree/branch"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    Files.writeString(tree.resolve("leaf"), "goes");
    Cache.delete(folder.resolve("tree"));
    Cache.delete(folder.resolve("never"));
    assertThat(folder.resolve("tree")).doesNotExist();
    assertThat(outside).hasContent("stays");
  }
}
