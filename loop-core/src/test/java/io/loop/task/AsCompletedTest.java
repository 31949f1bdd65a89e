package io.loop.task;

import static io.loop.Asyncio.asCompleted;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AsCompletedTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static Coro<Integer> after(int millis) {
    return () -> sleep(Duration.ofMillis(millis), millis);
  }

  @Test
  void results_ofBodies_comeInOrderOfCompletion() {
    manual.run(() -> {
      List<Integer> results = new ArrayList<>();

      for (Coro<Integer> next : asCompleted(List.of(after(3), after(1), after(2))).results()) {
        results.add(next.await());
      }

      assertThat(results).containsExactly(1, 2, 3);
    });
  }

  @Test
  void iterator_ofTasks_givesTheVeryTasksDone() {
    manual.run(() -> {
      Task<Integer> slow = createTask(after(3));
      Task<Integer> fast = createTask(after(1));
      List<LoopFuture<Integer>> ended = new ArrayList<>();

      for (LoopFuture<Integer> future : asCompleted(List.of(slow, fast, slow))) {
        assertThat(future.isDone()).isTrue();
        ended.add(future);
      }

      assertThat(ended).containsExactly(fast, slow);
    });
  }

  @Test
  void next_timeIsUp_throwsForEachThatIsLeft() {
    manual.run(() -> {
      Iterator<LoopFuture<Integer>> steps =
          asCompleted(List.of(after(1), after(5), after(6)), Duration.ofMillis(2)).iterator();

      int first = steps.next().result();

      assertThat(first).isEqualTo(1);
      assertThatThrownBy(steps::next).isInstanceOf(TimeoutException.class);
      assertThatThrownBy(steps::next).isInstanceOf(TimeoutException.class);
      assertThat(steps.hasNext()).isFalse();
    });
  }

  @Test
  void next_cancelled_losesNothing() {
    manual.run(() -> {
      var all = asCompleted(List.of(after(5)));
      Task<?> step = createTask(() -> all.iterator().next());
      sleep(Duration.ZERO);

      step.cancel();
      sleep(Duration.ZERO);

      assertThat(all.iterator().hasNext()).isTrue();
      assertThat(all.iterator().next().result()).isEqualTo(5);
    });
  }

  @Test
  void next_twoStepsWaitAndTheFirstIsCancelled_secondTakesWhatEnded() {
    manual.run(() -> {
      var ended = new LoopFuture<Integer>();
      var never = new LoopFuture<Integer>();
      var all = asCompleted(List.of(ended, never));
      Task<LoopFuture<Integer>> first = createTask(() -> all.iterator().next());
      Task<LoopFuture<Integer>> second = createTask(() -> all.iterator().next());
      sleep(Duration.ZERO);

      ended.setResult(1);
      sleep(Duration.ZERO);
      first.cancel();

      assertThat(second.await()).isSameAs(ended);
      assertThat(first.isCancelled()).isTrue();
    });
  }

  @Test
  void run_stepTwice_isRefused() {
    manual.run(() -> {
      Coro<Integer> step = asCompleted(List.of(after(1))).results().iterator().next();
      step.await();

      assertThatThrownBy(step::await).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void next_nothingLeft_isRefused() {
    manual.run(() -> {
      var all = asCompleted(List.<Coro<Integer>>of());

      assertThat(all.iterator().hasNext()).isFalse();
      assertThatThrownBy(() -> all.iterator().next()).isInstanceOf(NoSuchElementException.class);
    });
  }
}
