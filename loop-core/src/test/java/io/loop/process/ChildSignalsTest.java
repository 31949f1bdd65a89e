package io.loop.process;

import static io.loop.process.Subprocesses.createSubprocessExec;
import static io.loop.process.TestChildren.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class ChildSignalsTest {

  private static final SubprocessOptions PIPES = SubprocessOptions.PIPES;
  private static final int HUP = 1;
  private static final int TERM = 15;

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    TestChildren.awaitNoneLeft();
  }

  /// The kernel keeps the first signal that is sure to end a process as what ended it.
  @Test
  void sendSignal_hupThenTermAndKill_areSentInThisOrder() {
    run(() -> {
      for (int round = 0; round < 20; round++) {
        Subprocess child = createSubprocessExec(PIPES, "sleep", "100");

        child.sendSignal(HUP);
        child.terminate();
        child.kill();

        assertThat(child.waitFor()).isEqualTo(-HUP);
      }
    });
  }

  @Test
  void sendSignal_childHasEnded_isRefused() {
    run(() -> {
      Subprocess child = createSubprocessExec("true");
      child.waitFor();

      assertThatThrownBy(() -> child.sendSignal(HUP))
          .isInstanceOf(NoSuchProcessException.class)
          .hasMessageContaining(Long.toString(child.pid()));
      assertThatThrownBy(() -> child.sendSignal(TERM)).isInstanceOf(NoSuchProcessException.class);
      child.terminate();
      child.kill();
    });
  }

  @Test
  void sendSignal_thatDoesNotExist_isRefused() {
    run(() -> {
      try (Subprocess child = createSubprocessExec("sleep", "100")) {
        assertThatThrownBy(() -> child.sendSignal(1_000))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("EINVAL");
        child.sendSignal(0); // only asks whether it could
      }
    });
  }

  @Test
  void failure_namesTheReason() {
    assertThat(Posix.failure("cannot do it", -Posix.EPERM))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("cannot do it: Operation not permitted (EPERM)");
    assertThat(Posix.failure("cannot do it", -Posix.ESRCH))
        .isExactlyInstanceOf(NoSuchProcessException.class)
        .hasMessage("cannot do it: No such process (ESRCH)");
  }
}
