package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What `docs/seed.md` says of tasks and futures, case by case.
final class SeedTaskTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void cancel_ofAFuture_settlesItAtOnce() {
    var future = new LoopFuture<String>(manual.loop());

    assertThat(future.cancel()).isTrue();

    assertThat(future.isCancelled()).isTrue();
  }

  @Test
  void cancel_ofATask_throwsIntoItsBodyFirst() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } catch (CancelledError cancelled) {
              log.add("caught");
              throw cancelled;
            }
          });
      sleep(TICK);

      assertThat(task.cancel()).isTrue();

      assertThat(task.isCancelled()).isFalse();
      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(task.isCancelled()).isTrue();
    });

    assertThat(log).containsExactly("caught");
  }

  @Test
  void isCancelled_bodyCaughtTheError_isFalse() {
    manual.run(() -> {
      Task<String> task =
          createTask(() -> {
            try {
              return sleep(HOUR, "slept");
            } catch (CancelledError cancelled) {
              return "declined";
            }
          });
      sleep(TICK);
      task.cancel();

      assertThat(task.await()).isEqualTo("declined");
      assertThat(task.isCancelled()).isFalse();
    });
  }

  @Test
  void isCancelled_bodyThrewTheErrorByItself_isTrue() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            throw new CancelledError("of my own accord");
          });
      sleep(TICK);

      assertThat(task.isCancelled()).isTrue();
    });
  }

  @Test
  void getStack_suspended_isTheWholeStackNewestFirst() {
    manual.run(() -> {
      Task<?> task = createTask(() -> outermost());
      sleep(TICK);

      assertThat(methods(task.getStack())).containsSubsequence("innermost", "outermost");

      task.cancel();
    });
  }

  @Test
  void getStack_doneOrCancelled_isEmpty() {
    manual.run(() -> {
      Task<?> done = createTask(() -> log.add("done"));
      Task<?> cancelled = createTask(() -> outermost());
      sleep(TICK);
      cancelled.cancel();
      sleep(TICK);
      sleep(TICK);

      assertThat(done.isDone()).isTrue();
      assertThat(done.getStack()).isEmpty();
      assertThat(cancelled.isCancelled()).isTrue();
      assertThat(cancelled.getStack()).isEmpty();
    });
  }

  @Test
  void getStack_failed_isThatOfTheException() {
    manual.run(() -> {
      Task<?> task = createTask(() -> failing());
      sleep(TICK);

      assertThat(methods(task.getStack())).startsWith("failing");
      assertThatThrownBy(task::await).hasMessage("gone");
    });
  }

  private static void outermost() {
    innermost();
  }

  private static void innermost() {
    sleep(HOUR);
  }

  private static void failing() throws IOException {
    throw new IOException("gone");
  }

  private static Stream<String> methods(StackTraceElement[] stack) {
    return Arrays.stream(stack).map(StackTraceElement::getMethodName);
  }
}
