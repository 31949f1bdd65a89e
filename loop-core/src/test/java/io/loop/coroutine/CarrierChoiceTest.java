package io.loop.coroutine;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which carrier a JVM chooses and what it says about that, seen from outside: each test starts
/// one.
@Tag("slow")
final class CarrierChoiceTest {

  private static final String OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED";
  private static final String EXPORTED_FLAG = "needs the flag " + OPENS;

  /// Asks for a carrier first on a virtual thread of the JDK's, and then runs two loops.
  static final class Program {

    private Program() {}

    static void main() throws InterruptedException {
      var owner = new Object[1];
      Thread asking = Thread.ofVirtual().start(() -> owner[0] = Coroutine.currentOwner());
      asking.join();
      IO.println("owner " + owner[0]);
      for (int i = 0; i < 2; i++) {
        try {
          Asyncio.run(() -> Asyncio.sleep(Duration.ofMillis(1)));
          IO.println(Coroutine.isPortable() ? "portable" : "loop");
        } catch (IllegalStateException | IllegalArgumentException refused) {
          IO.println(refused.getMessage());
        }
      }
    }
  }

  @TempDir private Path folder;
  private File said;
  private File logged;

  @BeforeEach
  void nameFiles() {
    said = folder.resolve("said").toFile();
    logged = folder.resolve("logged").toFile();
  }

  private void runProgram(String... flags) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Program.class.getName()));
    Process program =
        new ProcessBuilder(command).redirectOutput(said).redirectError(logged).start();
    try {
      assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }
    assertThat(program.exitValue()).isZero();
  }

  private List<String> said() throws Exception {
    return Files.readAllLines(said.toPath(), StandardCharsets.UTF_8);
  }

  /// {@return the lines logged, without those of the logger itself that say when and where}
  private List<String> logged() throws Exception {
    try (var lines = Files.lines(logged.toPath(), StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith("WARNING") || line.contains("Exception"))
          .toList();
    }
  }

  @Test
  void flagGiven_theLoopCarrier_nothingIsLogged() throws Exception {
    runProgram(OPENS);

    assertThat(said()).containsExactly("owner null", "loop", "loop");
    assertThat(logged()).isEmpty();
  }

  @Test
  void flagMissing_thePortableCarrier_oneLineNamesTheFlag() throws Exception {
    runProgram();

    assertThat(said()).containsExactly("owner null", "portable", "portable");
    assertThat(logged())
        .singleElement()
        .isEqualTo(
            "WARNING: Coroutines run on the slower portable carrier: the fast one "
                + EXPORTED_FLAG);
  }

  @Test
  void portableAskedFor_nothingIsLogged() throws Exception {
    runProgram("-Dio.loop.carrier=portable");

    assertThat(said()).containsExactly("owner null", "portable", "portable");
    assertThat(logged()).isEmpty();
  }

  @Test
  void noContinuations_thePortableCarrier_oneLineNamesTheJdkThatIsSupported() throws Exception {
    runProgram(OPENS, "-XX:+UnlockExperimentalVMOptions", "-XX:-VMContinuations");

    assertThat(said()).containsExactly("owner null", "portable", "portable");
    assertThat(logged())
        .singleElement()
        .asString()
        .contains("slower portable carrier: the fast one supports JDK 25, and this is ")
        .contains("UnsupportedOperationException")
        .doesNotContain("--add-opens");
  }

  @Test
  void loopAskedFor_flagMissing_everyRunSaysSo() throws Exception {
    runProgram("-Dio.loop.carrier=loop");

    String refused = "io.loop.carrier=loop is not possible: the fast one " + EXPORTED_FLAG;
    assertThat(said()).containsExactly("owner null", refused, refused);
    assertThat(logged()).isEmpty();
  }

  @Test
  void loopAskedFor_noContinuations_everyRunSaysWhy() throws Exception {
    runProgram(
        OPENS,
        "-Dio.loop.carrier=loop",
        "-XX:+UnlockExperimentalVMOptions",
        "-XX:-VMContinuations");

    assertThat(said()).hasSize(3);
    assertThat(said().subList(1, 3))
        .allSatisfy(line ->
            assertThat(line)
                .startsWith("io.loop.carrier=loop is not possible: the fast one supports JDK 25")
                .doesNotContain("--add-opens"));
    assertThat(logged()).isEmpty();
  }

  @Test
  void unknownCarrier_everyRunNamesTheKnownOnes() throws Exception {
    runProgram(OPENS, "-Dio.loop.carrier=fast");

    String refused = "io.loop.carrier must be loop, portable or auto, not 'fast'";
    assertThat(said()).containsExactly("owner null", refused, refused);
    assertThat(logged()).isEmpty();
  }
}
