package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.Subprocesses.createSubprocessShell;
import static io.loop.process.TestChildren.bytes;
import static io.loop.process.TestChildren.killLeftBehind;
import static io.loop.process.TestChildren.run;
import static io.loop.process.TestChildren.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What is left without `--enable-native-access`: the JDK's pipes, and signals through the shell.
@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class PlainPipesTest {

  /// Runs in a JVM of its own, and says what it has seen.
  static final class Program {

    private Program() {}

    static void main() {
      say("native " + Posix.canPipe());
      run(Program::talk);
      run(Program::closeWhileAGrandchildHoldsThePipes);
      run(Program::signal);
      run(Program::signalTheGroup);
    }

    private static void say(String line) {
      IO.println(line);
    }

    private static void talk() throws IOException {
      var out = createSubprocessExec(SubprocessOptions.PIPES, "cat").communicate(bytes("talk"));
      say(text(out.stdout()));
    }

    private static void closeWhileAGrandchildHoldsThePipes() throws IOException {
      Subprocess shell =
          createSubprocessShell(
              SubprocessOptions.PIPES.withStdin(Stdio.DEVNULL),
              "sleep 100 & echo $!; exec sleep 100");
      long grandchild = Long.parseLong(text(shell.stdout().readLine()).strip());
      Task<byte[]> reading = Asyncio.createTask(() -> shell.stdout().read());
      Asyncio.sleep(Duration.ZERO);
      shell.close();
      say("read " + reading.await().length);
      killLeftBehind(grandchild);
    }

    private static void signal() throws IOException {
      Subprocess child = createSubprocessExec("sleep", "100");
      child.sendSignal(1);
      say("ended " + child.waitFor());
      try {
        child.sendSignal(1);
      } catch (NoSuchProcessException gone) {
        say("gone");
      }
      child.terminate();
    }

    private static void signalTheGroup() throws IOException {
      var options = SubprocessOptions.PIPES.withNewSession();
      for (boolean byClosing : new boolean[] {false, true}) {
        Subprocess shell = createSubprocessShell(options, "sleep 100 & echo started; sleep 100");
        shell.stdout().readLine();
        Task<byte[]> reading = Asyncio.createTask(() -> shell.stdout().read());
        Asyncio.sleep(Duration.ZERO);
        if (byClosing) {
          shell.close();
        } else {
          shell.sendSignalToGroup(15);
        }
        say("group ended " + shell.waitFor() + ", read " + reading.await().length);
      }
    }
  }

  @Test
  void withoutNativeAccess_childrenWorkAsFarAsTheJdkGoes() throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .redirectError(
                ProcessBuilder.Redirect.DISCARD) // the portable carrier's line in the log
            .start();
    try {
      assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said.lines())
          .containsExactly(
              "native false",
              "talk",
              "read 0",
              "ended -1",
              "gone",
              "group ended -15, read 0",
              "group ended -9, read 0");
    } finally {
      program.destroyForcibly();
    }
  }
}
