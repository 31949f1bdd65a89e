package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Programs that misbehave; another program must not notice, and no process may be left.
@Tag("slow")
class SupervisorHostileTest {

  private static final String IGNORES = "trap \"\" TERM HUP; ";

  private static String sh(String name, String script) {
    return name + "=sh -c '" + script + "'";
  }

  /// Reads lines up to one that starts with a prefix.
  private static String find(Program supervisor, String prefix) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = ""; !line.equals("(end of output)"); line = supervisor.readLine()) {
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
      if (seen.size() < 100) {
        seen.add(line);
      }
    }
    throw new AssertionError("no line '" + prefix + "' in " + seen);
  }

  private static ProcessHandle process(Program supervisor, String prefix) throws IOException {
    Optional<ProcessHandle> found = ProcessHandle.of(Long.parseLong(find(supervisor, prefix)));
    assertThat(found).as(prefix).isPresent();
    return found.get();
  }

  private static void assertEnded(Program supervisor, ProcessHandle... processes) throws Exception {
    assertThat(supervisor.exitCode()).isZero();
    assertThat(supervisor.errors()).isEmpty();
    for (ProcessHandle each : processes) {
      assertThat(isRunning(each)).as("%s", each.info()).isFalse();
    }
  }

  /// A process that has ended may be kept as a zombie by a first process that does not wait.
  private static boolean isRunning(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }

  @Test
  void sigterm_thatIsIgnored_isFollowedByAKill_alsoOfGrandchildren() throws Exception {
    String script =
        IGNORES + "sleep 60 & echo in $!; echo me $$; for i in $(seq 60); do sleep 1; done";
    try (var supervisor = SupervisorTest.start("--stop-timeout", "1", sh("a", script))) {
      ProcessHandle grandchild = process(supervisor, "a | in ");
      ProcessHandle child = process(supervisor, "a | me ");

      supervisor.terminate();

      find(supervisor, "a * killed, because SIGTERM did not end it in 1 s");
      assertEnded(supervisor, child, grandchild);
    }
  }

  @Test
  void grandchild_thatIsLeft_isKilledBeforeTheRestart() throws Exception {
    String script = IGNORES + "sleep 60 & echo $!; exit 5";
    try (var supervisor =
        SupervisorTest.start("--stop-timeout", "1", "--restarts", "1", sh("a", script))) {
      ProcessHandle first = process(supervisor, "a | ");
      find(supervisor, "a * exited with code 5; restarting");
      assertThat(isRunning(first)).isFalse();

      ProcessHandle second = process(supervisor, "a | ");
      find(supervisor, "a * exited with code 5; given up");

      assertThat(supervisor.exitCode()).isOne();
      assertThat(isRunning(second)).isFalse();
    }
  }

  @Test
  void process_thatLeavesTheGroupAndKeepsTheOutput_doesNotHoldUpTheEnd() throws Exception {
    String escape = "setsid sh -c \"echo \\$\\$; exec sleep 30 >&2\" &"; // it is out when it echoes
    String script = "pid=$(" + escape + "); echo $pid; exit 0";
    try (var supervisor = SupervisorTest.start("--restart", "on_failure", sh("a", script))) {
      ProcessHandle escaped = process(supervisor, "a | ");
      find(supervisor, "a * exited with code 0");

      assertEnded(supervisor);
      assertThat(escaped.destroyForcibly()).isTrue();
    }
  }

  @Test
  void secondSignal_kills() throws Exception {
    String script = IGNORES + "echo $$; for i in $(seq 60); do sleep 1; done";
    try (var supervisor = SupervisorTest.start("--stop-timeout", "600", sh("a", script))) {
      ProcessHandle child = process(supervisor, "a | ");

      assertThat(supervisor.signal("TERM")).isTrue();
      boolean isThere = true;
      while (isThere && isRunning(child)) {
        isThere = supervisor.signal("INT");
      }

      assertEnded(supervisor, child);
    }
  }

  @Test
  void longLine_isSplit_andNoByteIsLost() throws Exception {
    int megabytes = 10;
    String script = "head -c " + megabytes + "M /dev/zero | tr \"\\0\" x; echo end";
    try (var supervisor =
        SupervisorTest.start("--restart", "on_failure", "--max-line", "4096", sh("a", script))) {
      List<String> lines = supervisor.lines().filter(line -> line.startsWith("a | ")).toList();

      assertThat(lines).allMatch(line -> line.length() <= "a | ".length() + 4096 + 4);
      assertThat(lines.stream().mapToInt(line -> line.length() - "a | ".length()).sum())
          .isEqualTo((megabytes << 20) + "end".length());
      assertThat(lines.getLast()).endsWith("end");
      assertEnded(supervisor);
    }
  }

  @Test
  void flood_doesNotHoldUpAnotherProgram() throws Exception {
    try (var supervisor =
        SupervisorTest.start(
            "flood=yes", sh("b", "for i in $(seq 600); do echo tick; sleep 0.1; done"))) {
      for (int i = 0; i < 5; i++) {
        find(supervisor, "b     | tick");
      }

      supervisor.terminate();
      assertThat(supervisor.lines().count()).isNotNegative(); // to the end

      assertEnded(supervisor);
    }
  }

  @Test
  void output_thatNobodyReads_holdsUpThePrograms_butNotTheEnd() throws Exception {
    try (var supervisor = SupervisorTest.start(sh("a", "echo $$; exec yes"))) {
      ProcessHandle child = process(supervisor, "a | ");

      supervisor.terminate();

      assertEnded(supervisor, child);
    }
  }

  @Test
  void output_thatIsClosed_endsTheSupervisor_withOneLine() throws Exception {
    try (var supervisor = SupervisorTest.start(sh("a", "echo $$; exec yes"))) {
      ProcessHandle child = process(supervisor, "a | ");

      supervisor.closeOutput();

      assertThat(supervisor.exitCode()).isOne();
      assertThat(supervisor.errors()).isEqualTo("loop supervisor: standard output is closed\n");
      assertThat(isRunning(child)).isFalse();
    }
  }

  @Test
  void program_thatClosesItsOutput_goesOn() throws Exception {
    String script = "echo $$; all=$(seq 600); exec >&- 2>&-; for i in $all; do sleep 0.1; done";
    try (var supervisor =
        SupervisorTest.start(
            sh("a", script), sh("b", "for i in $(seq 600); do echo tick; sleep 0.1; done"))) {
      ProcessHandle child = process(supervisor, "a | ");
      for (int i = 0; i < 3; i++) {
        find(supervisor, "b | tick");
      }
      assertThat(isRunning(child)).isTrue();

      supervisor.terminate();

      assertEnded(supervisor, child);
    }
  }

  @Test
  void manyPrograms_thatEndAtOnce_areAllRestarted() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--delay", "1", "--restarts", "1"));
    for (int i = 0; i < 30; i++) {
      arguments.add("p" + i + "=false");
    }
    try (var supervisor = SupervisorTest.start(arguments.toArray(String[]::new))) {
      List<String> lines = supervisor.lines().toList();

      assertThat(lines).filteredOn(line -> line.endsWith("given up after 1 restarts")).hasSize(30);
      assertThat(lines).filteredOn(line -> line.endsWith("restarting in 1 ms")).hasSize(30);
      assertThat(supervisor.exitCode()).isOne();
      assertThat(supervisor.errors()).isEmpty();
    }
  }

  @Test
  void bytesThatAreNoText_arePassedOnAsTheyAre() throws Exception {
    try (var supervisor =
        SupervisorTest.start("--restarts", "0", sh("a", "printf \"\\\\377\\\\000\\\\r\\\\n\""))) {
      assertThat(find(supervisor, "a | ")).isEqualTo("\uFFFD\0");
    }
  }
}
