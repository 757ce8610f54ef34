package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.ClassicReasons.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The whole of {@link ClassicReasons} on real servers: for each fault, sessions in all states lose their server, or the proxy, at once.
 * The client counts sequence numbers as libmysqlclient does. The faults that a server does not survive are done to one, while another one
 * suffers the rest.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClassicReasonMatrixIT {
  private final ReasonMatrix<State> matrix = new ReasonMatrix<>(State.class, state -> state.text);
  private final Map<Fault, Future<List<String>>> rows = new EnumMap<>(Fault.class);
  private final ExecutorService ofTheMortal = Executors.newSingleThreadExecutor();
  private final ExecutorService ofTheOther = Executors.newSingleThreadExecutor();

  @SuppressWarnings("NullAway.Init")
  private Faults mortal;

  @SuppressWarnings("NullAway.Init")
  private Faults other;

  @BeforeAll
  void begin(@TempDir Path data) throws IOException {
    ReasonMatrix.forget("Classic");
    mortal = launch();
    other = launch();
    ClassicRows mortalRows =
        new ClassicRows(matrix, mortal, Files.createDirectory(data.resolve("mortal")));
    ClassicRows otherRows =
        new ClassicRows(matrix, other, Files.createDirectory(data.resolve("other")));
    for (Fault fault : ClassicReasons.FAULTS) {
      rows.put(
          fault,
          fault.stopsServer()
              ? ofTheMortal.submit(() -> mortalRows.row(fault))
              : ofTheOther.submit(() -> otherRows.row(fault)));
    }
  }

  private static Faults launch() {
    return Faults.launch("--log-bin=binlog", "--server-id=1", "--local-infile=1");
  }

  @AfterAll
  void report() throws IOException {
    ofTheMortal.close();
    ofTheOther.close();
    String environment = other.environment();
    mortal.close();
    other.close();
    matrix.write("Classic", environment, ClassicReasons.words());
  }

  static Set<Fault> faults() {
    return ClassicReasons.FAULTS;
  }

  @ParameterizedTest
  @MethodSource("faults")
  void each_lost_session_is_told_the_truth(Fault fault) throws Exception {
    assertThat(Objects.requireNonNull(rows.get(fault)).get()).as("cells that are wrong").isEmpty();
  }
}
