package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BarrierTest {

  private final ManualLoop manual = new ManualLoop();
  private final Barrier barrier = new Barrier(2);
  private final List<String> through = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void settle() {
    sleep(Duration.ofMillis(1));
  }

  private Task<?> party(String name) {
    return createTask(() -> through.add(name + " " + barrier.await()));
  }

  @Test
  void create_noParties_isRefused() {
    assertThatThrownBy(() -> new Barrier(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void await_lastToCome_returnsFirstWithTheLargestIndex() {
    manual.run(() -> {
      party("a");
      party("b");
      settle();

      assertThat(through).containsExactly("b 1", "a 0");
    });
  }

  @Test
  void await_secondRound_worksAgain() {
    manual.run(() -> {
      for (String name : List.of("a", "b", "c", "d")) {
        party(name);
      }
      settle();

      assertThat(through).containsExactlyInAnyOrder("b 1", "a 0", "c 0", "d 1");
      assertThat(barrier.waiting()).isZero();
    });
  }

  @Test
  void cancel_waitingParty_noLongerCounts() {
    manual.run(() -> {
      Task<?> cancelled = party("a");
      settle();

      cancelled.cancel();
      settle();

      assertThat(barrier.waiting()).isZero();
      assertThat(barrier.isBroken()).isFalse();
    });
  }

  @Test
  void reset_withWaiter_failsItAndIsUsableAgain() {
    manual.run(() -> {
      Task<?> waiter = party("a");
      settle();

      barrier.reset();

      assertThatThrownBy(waiter::await)
          .isInstanceOf(BrokenBarrierException.class)
          .hasMessage("Abort or reset of barrier");
      party("b");
      party("c");
      settle();
      assertThat(through).containsExactly("c 1", "b 0");
    });
  }

  @Test
  void abort_withWaiter_failsItAndAllThatCome() {
    manual.run(() -> {
      Task<?> waiter = party("a");
      settle();

      barrier.abort();

      assertThatThrownBy(waiter::await).isInstanceOf(BrokenBarrierException.class);
      assertThatThrownBy(barrier::await)
          .isInstanceOf(BrokenBarrierException.class)
          .hasMessage("Barrier aborted");
      assertThat(barrier).hasToString("<Barrier [broken]>");
    });
  }

  @Test
  void reset_broken_makesItWhole() {
    manual.run(() -> {
      barrier.abort();

      barrier.reset();

      assertThat(barrier.isBroken()).isFalse();
    });
  }

  @Test
  void toString_filling_tellsHowManyWait() {
    manual.run(() -> {
      Task<?> waiter = party("a");
      settle();

      assertThat(barrier).hasToString("<Barrier [filling, waiters:1/2]>");
      assertThat(barrier.parties()).isEqualTo(2);
      waiter.cancel();
    });
  }
}
