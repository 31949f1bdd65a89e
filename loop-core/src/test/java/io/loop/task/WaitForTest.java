package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WaitForTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void waitFor_inTime_returnsTheResult() {
    manual.run(() -> assertThat(Asyncio.waitFor(() -> sleep(TICK, "x"), SECOND)).isEqualTo("x"));
  }

  @Test
  void waitFor_noTimeout_waitsAsLongAsItTakes() {
    manual.run(() -> assertThat(Asyncio.waitFor(() -> sleep(HOUR, "x"), null)).isEqualTo("x"));
  }

  @Test
  void waitFor_body_runsInTheCallingTask() {
    manual.run(() ->
        assertThat(Asyncio.<Task<?>>waitFor(() -> Task.current(), SECOND))
            .isSameAs(Task.current()));
  }

  @Test
  void waitFor_tooLate_cancelsWhatItWaitsForAndThrows() {
    manual.run(() -> {
      Task<String> slow = createTask(() -> sleep(HOUR, "x"));

      assertThatThrownBy(() -> Asyncio.waitFor(slow, SECOND)).isInstanceOf(TimeoutException.class);
      assertThat(slow.isCancelled()).isTrue();
      assertThat(manual.loop().time()).isEqualTo(SECOND);
    });
  }

  @Test
  void waitFor_cancellationDeclined_returnsTheResult() {
    manual.run(() -> {
      Task<String> stubborn =
          createTask(() -> {
            try {
              return sleep(HOUR, "slept");
            } catch (CancelledError declined) {
              return "declined";
            }
          });

      assertThat(Asyncio.waitFor(stubborn, SECOND)).isEqualTo("declined");
    });
  }

  @Test
  void waitFor_failsInTime_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.waitFor(
                    () -> {
                      throw fault;
                    },
                    SECOND))
            .isSameAs(fault));
  }

  @Test
  void waitFor_callerCancelled_cancelsTheTarget() {
    manual.run(() -> {
      Task<String> target = createTask(() -> sleep(HOUR, "x"));
      Task<String> caller = createTask(() -> Asyncio.waitFor(target, HOUR));
      sleep(TICK);
      sleep(TICK);
      caller.cancel();

      assertThatThrownBy(caller::await).isInstanceOf(CancelledError.class);
      assertThat(target.isCancelled()).isTrue();
    });
  }

  @Test
  void waitFor_zeroAndDone_returnsTheResult() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("x");

      assertThat(Asyncio.waitFor(done, TICK)).isEqualTo("x");
    });
  }

  @Test
  void waitFor_zeroAndABody_neverStartsIt() {
    manual.run(() ->
        assertThatThrownBy(() -> Asyncio.waitFor(() -> log.add("started"), TICK))
            .isInstanceOf(TimeoutException.class)
            .hasCauseInstanceOf(CancelledError.class));

    assertThat(log).isEmpty();
  }

  @Test
  void waitFor_negativeAndRunning_waitsForItsCleanUp() {
    manual.run(() -> {
      Task<Void> running =
          createTask(() -> {
            try {
              sleep(HOUR);
            } finally {
              sleep(TICK);
              log.add("cleaned up");
            }
          });
      sleep(TICK);

      assertThatThrownBy(() -> Asyncio.waitFor(running, SECOND.negated()))
          .isInstanceOf(TimeoutException.class);
      log.add("timed out");
    });

    assertThat(log).containsExactly("cleaned up", "timed out");
  }

  @Test
  void waitFor_zeroAndTheCallerIsCancelledMeanwhile_leavesTheTargetToItsCleanUp() {
    manual.run(() -> {
      Task<Void> target =
          createTask(() -> {
            try {
              sleep(HOUR);
            } finally {
              sleep(TICK);
              sleep(TICK);
              log.add("cleaned up");
            }
          });
      sleep(TICK);
      Task<Void> caller = createTask(() -> Asyncio.waitFor(target, TICK));
      sleep(TICK);
      caller.cancel();

      assertThatThrownBy(caller::await).isInstanceOf(CancelledError.class);
      log.add("caller ended");
      assertThatThrownBy(target::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("caller ended", "cleaned up");
  }
}
