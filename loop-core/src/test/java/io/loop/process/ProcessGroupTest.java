package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.Subprocesses.createSubprocessShell;
import static io.loop.process.TestChildren.isAlive;
import static io.loop.process.TestChildren.killLeftBehind;
import static io.loop.process.TestChildren.run;
import static io.loop.process.TestChildren.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Children with a session of their own.
@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class ProcessGroupTest {

  private static final SubprocessOptions PIPES = SubprocessOptions.PIPES;
  private static final SubprocessOptions SESSION = PIPES.withNewSession();
  private static final int TERM = 15;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    TestChildren.awaitNoneLeft();
  }

  private static long readPid(Subprocess shell) throws IOException {
    return Long.parseLong(text(shell.stdout().readLine()).strip());
  }

  private static void untilEnded(long pid) {
    while (isAlive(pid)) {
      Asyncio.sleep(Duration.ofMillis(1));
    }
  }

  @Test
  void newSession_isTheChildsOwn() {
    run(() -> {
      Subprocess child =
          createSubprocessExec(SESSION, "cut", "-d", " ", "-f", "1,5,6", "/proc/self/stat");
      long pid = child.pid();

      assertThat(text(child.communicate(null).stdout()).strip())
          .isEqualTo(pid + " " + pid + " " + pid); // process, group, session
    });
  }

  @Test
  void sendSignalToGroup_reachesWhatTheChildHasStarted() {
    run(() -> {
      Subprocess shell = createSubprocessShell(SESSION, "sleep 100 & echo $!; sleep 100");
      long grandchild = readPid(shell);

      shell.sendSignalToGroup(TERM);

      assertThat(shell.waitFor()).isEqualTo(-TERM);
      assertThat(shell.stdout().read()).isEmpty(); // nobody is left who could write
      untilEnded(grandchild);
    });
  }

  @Test
  void sendSignalToGroup_nobodyIsLeft_isRefused() {
    run(() -> {
      Subprocess child = createSubprocessExec(SESSION, "true");
      child.waitFor();

      assertThatThrownBy(() -> child.sendSignalToGroup(TERM))
          .isInstanceOf(NoSuchProcessException.class)
          .hasMessageContaining("process group " + child.pid());
    });
  }

  @Test
  void sendSignalToGroup_childHasEnded_reachesTheRest() {
    run(() -> {
      Subprocess shell = createSubprocessShell(SESSION, "sleep 100 & echo $!");
      long grandchild = readPid(shell);
      assertThat(shell.waitFor()).isZero();
      assertThat(isAlive(grandchild)).isTrue();

      shell.sendSignalToGroup(TERM);

      assertThat(shell.stdout().read()).isEmpty();
      untilEnded(grandchild);
    });
  }

  @Test
  void sendSignalToGroup_rightAfterTheStart_findsTheGroup() {
    run(() -> {
      for (int round = 0; round < 20; round++) {
        Subprocess child = createSubprocessExec(SESSION, "sleep", "100");

        child.sendSignalToGroup(TERM);

        assertThat(child.waitFor()).isEqualTo(-TERM);
      }
    });
  }

  @Test
  void sendSignalToGroup_withoutASession_isRefused() {
    run(() -> {
      try (Subprocess child = createSubprocessExec("sleep", "100")) {
        assertThatThrownBy(() -> child.sendSignalToGroup(TERM))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("withNewSession()");
      }
    });
  }

  @Test
  void close_killsTheGroup() {
    run(() -> {
      Subprocess shell = createSubprocessShell(SESSION, "sleep 100 & echo $!; sleep 100");
      long grandchild = readPid(shell);

      shell.close();

      assertThat(shell.waitFor()).isEqualTo(-9);
      untilEnded(grandchild);
    });
  }

  @Test
  void loop_thatCloses_killsTheGroup() {
    var grandchild = new long[1];

    run(() -> {
      Subprocess shell = createSubprocessShell(SESSION, "sleep 100 & echo $!; sleep 100");
      grandchild[0] = readPid(shell);
    });

    long deadline = System.nanoTime() + TestChildren.PATIENCE.toNanos();
    while (isAlive(grandchild[0]) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(isAlive(grandchild[0])).isFalse();
  }

  @Test
  void close_withoutASession_leavesWhatTheChildHasStarted() {
    run(() -> {
      Subprocess shell = createSubprocessShell(PIPES, "sleep 100 & echo $!; exec sleep 100");
      long grandchild = readPid(shell);

      shell.close();

      assertThat(shell.waitFor()).isEqualTo(-9);
      assertThat(isAlive(grandchild)).isTrue();
      killLeftBehind(grandchild);
    });
  }
}
