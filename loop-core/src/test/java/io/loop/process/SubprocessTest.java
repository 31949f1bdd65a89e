package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.Subprocesses.createSubprocessShell;
import static io.loop.process.TestChildren.bytes;
import static io.loop.process.TestChildren.run;
import static io.loop.process.TestChildren.text;
import static io.loop.process.TestChildren.untilAPipeWaitsIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
@Tag("slow")
final class SubprocessTest {

  private static final SubprocessOptions PIPES = SubprocessOptions.PIPES;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    TestChildren.awaitNoneLeft();
  }

  @Test
  void communicate_aMegabyteThroughCat_comesBackWhole() {
    byte[] data = new byte[1 << 20];
    new Random(1).nextBytes(data);
    run(() -> {
      Subprocess cat = createSubprocessExec(PIPES, "cat");

      SubprocessOutput output = cat.communicate(data);

      assertThat(output.stdout()).isEqualTo(data);
      assertThat(output.stderr()).isEmpty();
      assertThat(cat.returnCode()).isZero();
    });
  }

  @Test
  void communicate_childThatReadsNothing_isNoFailure() {
    run(() -> {
      Subprocess child = createSubprocessShell(PIPES, "echo out; echo err >&2; exit 3");

      SubprocessOutput output = child.communicate(new byte[1 << 20]);

      assertThat(text(output.stdout())).isEqualTo("out\n");
      assertThat(text(output.stderr())).isEqualTo("err\n");
      assertThat(child.returnCode()).isEqualTo(3);
    });
  }

  @Test
  void communicate_withoutPipes_givesNulls() {
    run(() -> {
      var nowhere = SubprocessOptions.DEFAULT.withStdin(Stdio.DEVNULL).withStdout(Stdio.DEVNULL);
      Subprocess cat = createSubprocessExec(nowhere, "cat");

      SubprocessOutput output = cat.communicate(null);

      assertThat(output.stdout()).isNull();
      assertThat(output.stderr()).isNull();
      assertThat(cat.stdin()).isNull();
      assertThatThrownBy(() -> cat.communicate(new byte[1]))
          .isInstanceOf(IllegalArgumentException.class);
    });
  }

  @Test
  void communicate_cancelled_hangsNowhere() {
    run(() -> {
      try (Subprocess child = createSubprocessExec(PIPES, "sleep", "100")) {
        Task<?> talking = Asyncio.createTask(() -> child.communicate(new byte[1 << 20]));
        untilAPipeWaitsIn("awaitEvent", "writeBytes"); // for the child to read

        talking.cancel();

        assertThatThrownBy(talking::await).isInstanceOf(CancelledError.class);
        assertThat(child.returnCode()).isNull();
        child.kill();
        assertThat(child.waitFor()).isEqualTo(-9);
      }
    });
  }

  @Test
  void communicate_cancelledAndCalledAgain_givesAll() {
    run(() -> {
      String script =
          """
          trap 'echo two; exit' TERM
          echo one; echo err >&2; exec 2>&-
          while :; do sleep 0.01; done\
          """;
      Subprocess child = createSubprocessShell(PIPES, script);
      Task<?> talking = Asyncio.createTask(() -> child.communicate(null));
      while (!child.stderr().atEof()) {
        Asyncio.sleep(Duration.ofMillis(1));
      }

      talking.cancel();
      assertThatThrownBy(talking::await).isInstanceOf(CancelledError.class);
      child.terminate();
      SubprocessOutput output = child.communicate(null);

      assertThat(text(output.stdout())).isEqualTo("one\ntwo\n");
      assertThat(text(output.stderr())).isEqualTo("err\n");
    });
  }

  @Test
  void streams_lineByLine_areADialogue() {
    run(() -> {
      Subprocess cat = createSubprocessExec(PIPES, "cat");
      StreamWriter in = cat.stdin();
      StreamReader out = cat.stdout();
      for (String line : List.of("one\n", "two\n")) {
        in.write(bytes(line));
        in.drain();
        assertThat(text(out.readLine())).isEqualTo(line);
      }

      in.close();
      in.waitClosed();

      assertThat(out.read()).isEmpty();
      assertThat(cat.waitFor()).isZero();
    });
  }

  @Test
  void stderr_toStdout_isOneStream() {
    run(() -> {
      Subprocess child =
          createSubprocessShell(PIPES.withStderr(Stdio.STDOUT), "echo a; echo b >&2; echo c");

      assertThat(text(child.communicate(null).stdout())).isEqualTo("a\nb\nc\n");
      assertThat(child.stderr()).isNull();
    });
  }

  @Test
  void output_thatNobodyReads_stopsTheChildAndWaits() {
    run(() -> {
      Subprocess child =
          createSubprocessExec(PIPES.withLimit(1_000), "head", "-c", "1000000", "/dev/zero");
      untilAPipeWaitsIn("acquireUninterruptibly"); // for its next turn
      assertThat(child.returnCode()).isNull();

      assertThat(child.stdout().read()).hasSize(1_000_000);

      assertThat(child.waitFor()).isZero();
    });
  }

  @Test
  void output_thatNobodyEverReads_leavesNoThreadAfterTheLoop() {
    run(() -> {
      Subprocess child =
          createSubprocessExec(PIPES.withLimit(1_000), "head", "-c", "50000", "/dev/zero");

      assertThat(child.waitFor()).isZero();
    });
  }

  @Test
  void output_closedUnread_leavesNoThread() {
    run(() -> {
      Subprocess child =
          createSubprocessExec(PIPES.withLimit(1_000), "head", "-c", "50000", "/dev/zero");
      child.waitFor();

      child.close();

      while (!TestChildren.left().isEmpty()) {
        Asyncio.sleep(Duration.ofMillis(1));
      }
    });
  }

  @Test
  void input_thatChildDoesNotRead_makesDrainWait() {
    run(() -> {
      try (Subprocess child = createSubprocessExec(PIPES, "sleep", "100")) {
        child.stdin().write(new byte[1 << 20]);
        Task<?> draining = Asyncio.createTask(() -> child.stdin().drain());
        untilAPipeWaitsIn("awaitEvent", "writeBytes");
        assertThat(draining.isDone()).isFalse();

        child.terminate();

        assertThatThrownBy(draining::await).isInstanceOf(IOException.class);
        assertThat(child.waitFor()).isEqualTo(-15);
        child.terminate();
        child.kill();
        assertThatThrownBy(() -> child.sendSignal(1)).isInstanceOf(NoSuchProcessException.class);
      }
    });
  }

  @Test
  void sendSignal_thatTheJdkCannotSend_arrives() {
    run(() -> {
      Subprocess child =
          createSubprocessShell(
              PIPES, "trap 'echo usr1; exit 7' USR1; echo ready; while :; do sleep 0.01; done");
      assertThat(text(child.stdout().readLine())).isEqualTo("ready\n");

      child.sendSignal(10);

      assertThat(text(child.stdout().readLine())).isEqualTo("usr1\n");
      assertThat(child.waitFor()).isEqualTo(7);
    });
  }

  @Test
  void terminate_childThatStillWrites_losesNoOutput() {
    run(() -> {
      Subprocess child =
          createSubprocessShell(
              PIPES, "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
      assertThat(text(child.stdout().readLine())).isEqualTo("ready\n");

      child.terminate();

      assertThat(text(child.stdout().readLine())).isEqualTo("bye\n");
      assertThat(child.waitFor()).isZero();
    });
  }

  @Test
  void waitFor_aGrandchildHoldsThePipe_isReleasedAtExit() {
    run(() -> {
      Subprocess shell = createSubprocessShell(PIPES, "sleep 100 & echo $!");
      long grandchild = Long.parseLong(text(shell.stdout().readLine()).strip());

      assertThat(shell.waitFor()).isZero();

      ProcessHandle.of(grandchild).ifPresent(ProcessHandle::destroyForcibly);
    });
  }

  @Test
  void environmentAndDirectory_areTheChilds(@TempDir Path directory) {
    run(() -> {
      var options = PIPES.withEnv(Map.of("NAME", "value")).withCwd(directory);
      Subprocess child = createSubprocessExec(options, "/bin/sh", "-c", "echo $NAME; pwd -P");

      assertThat(text(child.communicate(null).stdout()))
          .isEqualTo("value\n" + directory.toRealPath() + "\n");
    });
  }

  @Test
  void create_noSuchProgram_fails() {
    run(() ->
        assertThatThrownBy(() -> createSubprocessExec("no-such-program-at-all"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("no-such-program-at-all"));
  }

  @Test
  void create_cancelled_killsTheChild() {
    run(() -> {
      for (int i = 0; i < 20; i++) {
        Task<?> creating = Asyncio.createTask(() -> createSubprocessExec("sleep", "100"));
        Asyncio.sleep(Duration.ofMillis(i % 5));

        if (creating.cancel()) {
          assertThatThrownBy(creating::await).isInstanceOf(CancelledError.class);
        } else {
          ((Subprocess) creating.result()).close();
        }
      }
    });
  }

  @Test
  void close_ofTheChildOrTheLoop_killsIt() {
    run(() -> {
      createSubprocessExec(PIPES, "sleep", "100");
      Subprocess closed = createSubprocessExec(PIPES, "sleep", "100");

      closed.close();

      assertThat(closed.waitFor()).isEqualTo(-9);
    });
  }

  @Test
  void options_inputToStdout_areRefused() {
    assertThatThrownBy(() -> PIPES.withStdin(Stdio.STDOUT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
