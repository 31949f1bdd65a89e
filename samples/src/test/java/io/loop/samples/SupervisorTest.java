package io.loop.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// Programs that behave.
@Tag("slow")
class SupervisorTest {

  private final List<String> lines = new ArrayList<>();

  static Program start(String... arguments) {
    List<String> all = new ArrayList<>(List.of("supervisor"));
    all.addAll(List.of(arguments));
    return Program.start(RedisTest.FLAGS, all.toArray(String[]::new));
  }

  /// {@return the first line that is wanted; all lines up to it are in `lines`}
  private String next(Program supervisor, Predicate<String> wanted) throws IOException {
    for (; ; ) {
      String line = supervisor.readLine();
      lines.add(line);
      if (wanted.test(line)) {
        return line;
      }
      assertThat(line).as("%s", lines).isNotEqualTo("(end of output)");
    }
  }

  private String nextContaining(Program supervisor, String part) throws IOException {
    return next(supervisor, line -> line.contains(part));
  }

  private static void terminate(Program supervisor) throws Exception {
    supervisor.terminate();
    assertThat(supervisor.exitCode()).isZero();
    assertThat(supervisor.errors()).isEmpty();
  }

  @Test
  void lines_haveTheNamesOfTheirPrograms() throws Exception {
    try (var supervisor =
        start("a=sh -c 'echo one; echo two >&2; exec sleep 60'", "long=sh -c 'echo; exec cat'")) {
      while (!lines.containsAll(List.of("a    | two", "long | "))) {
        nextContaining(supervisor, " | ");
      }
      terminate(supervisor);
    }

    assertThat(lines).containsSubsequence("a    | one", "a    | two");
  }

  @Test
  void program_thatEnds_isRestarted_laterEachTime_andGivenUpInTheEnd() throws Exception {
    try (var supervisor =
        start("--delay", "10", "--max-delay", "1", "--restarts", "3", "a=sh -c 'exit 3'")) {
      supervisor.lines().filter(line -> !line.contains("started")).forEach(lines::add);

      assertThat(lines)
          .containsExactly(
              "a * exited with code 3; restarting in 10 ms",
              "a * exited with code 3; restarting in 20 ms",
              "a * exited with code 3; restarting in 40 ms",
              "a * exited with code 3; given up after 3 restarts");
      assertThat(supervisor.exitCode()).isOne();
      assertThat(supervisor.errors()).isEmpty();
    }
  }

  @Test
  void program_thatRanForSomeTime_startsANewRow() throws Exception {
    try (var supervisor =
        start("--delay", "1", "--restarts", "1", "--healthy", "0", "a=sh -c 'exit 3'")) {
      for (int i = 0; i < 5; i++) {
        nextContaining(supervisor, "exited with code 3; restarting in 1 ms");
      }
      terminate(supervisor);
    }
  }

  @Test
  void program_thatSucceeds_isRestartedOnlyIfWanted() throws Exception {
    try (var supervisor = start("--restart", "on_failure", "a=sh -c 'echo done'", "b=true")) {
      supervisor.lines().forEach(lines::add);

      assertThat(lines).contains("a | done", "a * exited with code 0", "b * exited with code 0");
      assertThat(supervisor.exitCode()).isZero();
    }
  }

  @Test
  void program_thatASignalEnds_isRestarted() throws Exception {
    try (var supervisor = start("--delay", "1", "a=sh -c 'kill -KILL $$'")) {
      nextContaining(supervisor, "a * ended by signal 9; restarting in 1 ms");
      nextContaining(supervisor, "a * ended by signal 9; restarting in 2 ms");
      terminate(supervisor);
    }
  }

  @Test
  void program_thatRunsTooLong_isStopped() throws Exception {
    try (var supervisor = start("--run-timeout", "1", "--restarts", "0", "a=sleep 60")) {
      nextContaining(supervisor, "a * stopped, because it ran too long; given up");
      assertThat(supervisor.exitCode()).isOne();
    }
  }

  @Test
  void program_thatCannotBeStarted_isOneLine() throws Exception {
    try (var supervisor = start("--restarts", "0", "a=no-such-program", "b=/etc/passwd")) {
      supervisor.lines().forEach(lines::add);

      assertThat(lines).hasSize(2);
      assertThat(lines)
          .anyMatch(line ->
              line.startsWith("a * cannot start: Cannot run program \"no-such-program\"")
                  && line.endsWith("No such file or directory; given up after 0 restarts"));
      assertThat(lines).anyMatch(line -> line.startsWith("b *") && line.contains("denied"));
      assertThat(supervisor.exitCode()).isOne();
      assertThat(supervisor.errors()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HUP", "USR1"})
  void signal_isPassedOn(String signal) throws Exception {
    String script =
        "trap \"echo got it\" " + signal + "; echo ready; for i in $(seq 600); do sleep 0.1; done";
    try (var supervisor = start("a=sh -c '" + script + "'", "b=sh -c '" + script + "'")) {
      nextContaining(supervisor, "ready");
      nextContaining(supervisor, "ready");

      assertThat(supervisor.signal(signal)).isTrue();

      nextContaining(supervisor, "| got it");
      nextContaining(supervisor, "| got it");
      assertThat(lines).contains("a | got it", "b | got it");
      terminate(supervisor);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void signal_letsTheProgramSayGoodbye(String signal) throws Exception {
    String script =
        "trap \"echo goodbye; exit 0\" TERM; echo ready; for i in $(seq 600); do sleep 0.1; done";
    try (var supervisor = start("a=sh -c '" + script + "'")) {
      nextContaining(supervisor, "ready");

      assertThat(supervisor.signal(signal)).isTrue();

      nextContaining(supervisor, "a | goodbye");
      assertThat(supervisor.exitCode()).isZero();
      assertThat(supervisor.errors()).isEmpty();
    }
  }

  @Test
  void procfile_isRun(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("Procfile");
    Files.writeString(file, "# two\nweb: echo 'from the file'\n", UTF_8);

    try (var supervisor = start("--file", file.toString(), "--restarts", "0", "job=echo x")) {
      supervisor.lines().forEach(lines::add);
    }

    assertThat(lines).contains("web | from the file", "job | x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "supervisor:nothing to run",
        "supervisor,web:expected NAME=COMMAND",
        "supervisor,a=true,a=false:two programs are named a",
        "supervisor,--max-line,0,a=true:--max-line must be at least 1",
        "supervisor,--restart,never,a=true:must be one of always, on_failure",
      })
  void wrongArguments_sayWhatIsRight(String example) {
    String[] parts = example.split(":", 2);
    String[] arguments = parts[0].split(",");
    var errors = new StringWriter();
    CommandLine commandLine = Samples.commandLine(arguments).setErr(new PrintWriter(errors));

    assertThat(commandLine.execute(arguments)).isEqualTo(2);
    assertThat(errors.toString()).contains(parts[1], "Try 'loop supervisor --help'");
  }

  @Test
  void fileThatIsMissing_isOneLine() {
    var errors = new StringWriter();
    CommandLine commandLine = Samples.commandLine("supervisor").setErr(new PrintWriter(errors));

    assertThat(commandLine.execute("supervisor", "--file", "no-such-file")).isOne();
    assertThat(errors.toString())
        .isEqualToIgnoringNewLines(
            "loop supervisor: cannot read no-such-file: no such file or directory");
  }
}
