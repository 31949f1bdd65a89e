package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.Subprocesses.createSubprocessShell;
import static io.loop.process.TestChildren.bytes;
import static io.loop.process.TestChildren.killLeftBehind;
import static io.loop.process.TestChildren.run;
import static io.loop.process.TestChildren.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Children of a child, which may have its pipes longer than it lives.
@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class BackgroundChildTest {

  private static final SubprocessOptions PIPES = SubprocessOptions.PIPES;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    TestChildren.awaitNoneLeft();
  }

  @Test
  void communicate_aBackgroundChildWritesAfterTheShellsEnd_losesNothing() {
    run(() -> {
      Subprocess shell =
          createSubprocessShell(
              PIPES, "(for i in 1 2 3 4 5; do sleep .2; echo late $i; done) & echo early");

      assertThat(text(shell.communicate(null).stdout()))
          .isEqualTo("early\nlate 1\nlate 2\nlate 3\nlate 4\nlate 5\n");
    });
  }

  @Test
  void stderr_ofABackgroundChild_losesNothing() {
    run(() -> {
      Subprocess shell = createSubprocessShell(PIPES, "(sleep .2; echo late >&2) & exit 3");

      assertThat(shell.waitFor()).isEqualTo(3);

      assertThat(text(shell.stderr().read())).isEqualTo("late\n");
    });
  }

  /// Many at once, so that some shells end before we have begun to read.
  @Test
  void communicate_manyBackgroundChildren_loseNothing() {
    run(() -> {
      for (int round = 0; round < 5; round++) {
        var all =
            java.util.stream.IntStream.range(0, 20)
                .mapToObj(_ ->
                    Asyncio.createTask(() ->
                        createSubprocessShell(
                                PIPES.withStderr(Stdio.STDOUT), "(sleep .05; echo late) &")
                            .communicate(null)))
                .toList();

        for (Task<SubprocessOutput> each : all) {
          assertThat(text(each.await().stdout())).isEqualTo("late\n");
        }
      }
    });
  }

  @Test
  void input_forABackgroundChild_isWrittenAfterTheShellsEnd() {
    byte[] data = new byte[1 << 20];
    new Random(1).nextBytes(data);
    run(() -> {
      Subprocess shell = createSubprocessShell(PIPES, "exec 3<&0; (sleep .1; cat <&3) & exit 0");
      shell.waitFor();

      assertThat(shell.communicate(data).stdout()).isEqualTo(data);
    });
  }

  @Test
  void stdin_nobodyCanReadAnyMore_isClosed() {
    run(() -> {
      try (Subprocess child =
          createSubprocessShell(PIPES, "exec <&-; echo closed; exec sleep 100")) {
        assertThat(text(child.stdout().readLine())).isEqualTo("closed\n");

        child.stdin().waitClosed();

        assertThat(child.stdin().isClosing()).isTrue();
        assertThatThrownBy(() -> child.stdin().drain()).isInstanceOf(IOException.class);
      }
    });
  }

  @Test
  void close_aGrandchildHoldsThePipes_endsTheReadersAndFreesTheThreads() {
    run(() -> {
      Subprocess shell =
          createSubprocessShell(PIPES, "sleep 100 <&0 & echo $!; echo unread; echo err >&2");
      long grandchild = Long.parseLong(text(shell.stdout().readLine()).strip());
      shell.waitFor();
      shell.stdin().write(new byte[1 << 20]);
      Task<?> draining = Asyncio.createTask(() -> shell.stdin().drain());
      Task<byte[]> reading =
          Asyncio.createTask(() -> {
            shell.stdout().readLine();
            return shell.stdout().read();
          });
      assertThat(text(shell.stderr().readLine())).isEqualTo("err\n");
      Asyncio.sleep(Duration.ofMillis(20)); // both wait

      shell.close();

      assertThat(reading.await()).isEmpty();
      assertThat(shell.stderr().read()).isEmpty();
      assertThatThrownBy(draining::await).isInstanceOf(IOException.class);
      while (TestChildren.threads().findAny().isPresent()) {
        Asyncio.sleep(Duration.ofMillis(1));
      }
      assertThat(TestChildren.isAlive(grandchild)).isTrue();
      killLeftBehind(grandchild);
    });
  }

  @Test
  void close_childThatLives_keepsWhatWasRead() {
    run(() -> {
      Subprocess child = createSubprocessShell(PIPES, "echo one; echo two; exec sleep 100");
      while (child.stdout().buffered() < 8) {
        Asyncio.sleep(Duration.ofMillis(1));
      }

      child.close();

      assertThat(text(child.stdout().read())).isEqualTo("one\ntwo\n");
      assertThat(child.waitFor()).isEqualTo(-9);
    });
  }

  @Test
  void loop_closesWhileAGrandchildHoldsThePipes_freesTheThreads() throws InterruptedException {
    var grandchild = new long[1];
    run(() -> {
      Subprocess shell = createSubprocessShell(PIPES, "sleep 100 <&0 & echo $!");
      grandchild[0] = Long.parseLong(text(shell.stdout().readLine()).strip());
      shell.stdin().write(new byte[1 << 20]);
    });

    TestChildren.awaitNoneLeft();

    assertThat(TestChildren.isAlive(grandchild[0])).isTrue();
    killLeftBehind(grandchild[0]);
  }

  /// The child's ends are as it expects them: they block, and it has no others of ours.
  @Test
  void child_hasItsThreeDescriptorsOnly() {
    run(() -> {
      Subprocess child = createSubprocessShell(PIPES, "ls /proc/self/fd; cat /proc/self/fdinfo/1");

      String said = text(child.communicate(null).stdout());

      assertThat(said).startsWith("0\n1\n2\n3\n"); // the last is the directory that ls reads
      assertThat(said).doesNotContain("\n4\n").containsPattern("flags:\\s+0100001\n");
    });
  }

  @Test
  void children_oneAfterTheOther_leaveNoDescriptors(@TempDir Path noProgram) throws IOException {
    run(() -> createSubprocessExec(PIPES, "true").communicate(null));
    long before = descriptors();

    run(() -> {
      for (int i = 0; i < 50; i++) {
        createSubprocessExec(PIPES, "cat").communicate(bytes("x"));
        assertThatThrownBy(() -> createSubprocessExec(PIPES, noProgram.toString()))
            .isInstanceOf(IOException.class);
        Task<?> cancelled = Asyncio.createTask(() -> createSubprocessExec(PIPES, "true"));
        Asyncio.sleep(Duration.ofMillis(i % 5));
        if (!cancelled.cancel()) {
          ((Subprocess) cancelled.result()).close();
        }
      }
    });

    long deadline = System.nanoTime() + TestChildren.PATIENCE.toNanos();
    while (descriptors() > before + 10 && System.nanoTime() < deadline) {
      Thread.onSpinWait(); // the threads are still closing them
    }
    assertThat(descriptors()).isLessThanOrEqualTo(before + 10); // classes and such
  }

  private static long descriptors() throws IOException {
    try (var all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
