package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.base.Throwing;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class GatherTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.loop().setExceptionHandler((_, report) -> log.add(report.message()));
    manual.close();
  }

  private Coro<String> after(Duration delay, String result) {
    return () -> sleep(delay, result);
  }

  private Coro<String> stuck(String name) {
    return () -> {
      try {
        return sleep(HOUR, name);
      } finally {
        log.add(name + " ends");
      }
    };
  }

  private static Coro<String> failing(Throwable fault) {
    return () -> {
      throw Throwing.rethrow(fault);
    };
  }

  @Test
  void gather_bodies_givesResultsInArgumentOrder() {
    List<String> results =
        manual.run(() -> Asyncio.gather(after(HOUR, "slow"), after(TICK, "fast")).await());

    assertThat(results).containsExactly("slow", "fast");
  }

  @Test
  void gather_nothing_isDoneAtOnce() {
    manual.run(() -> assertThat(Asyncio.gather(List.of()).result()).isEmpty());
  }

  @Test
  void gather_theSameFutureTwice_countsOnceAndGivesItTwice() {
    manual.run(() -> {
      var shared = new LoopFuture<String>();
      LoopFuture<List<String>> both = Asyncio.gather(shared, shared);
      shared.setResult("x");

      assertThat(both.await()).containsExactly("x", "x");
    });
  }

  @Test
  void gather_theSameBodyTwice_runsItOnce() {
    Coro<Boolean> body = () -> log.add("ran");

    manual.run(() -> assertThat(Asyncio.gather(body, body).await()).hasSize(2));

    assertThat(log).containsExactly("ran");
  }

  @Test
  void gather_allDone_isDoneAtOnce() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("x");

      assertThat(Asyncio.gather(done, done).isDone()).isTrue();
    });
  }

  @Test
  void gather_doneAndPending_waitsForThePending() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("x");

      assertThat(Asyncio.gather(done, after(TICK, "y")).await()).containsExactly("x", "y");
    });
  }

  @Test
  void gather_nullResults_areKept() {
    manual.run(() ->
        assertThat(Asyncio.gather(Coro.of(() -> {}), Coro.of(() -> {})).await())
            .containsExactly(null, null));
  }

  @Test
  void gather_oneFails_failsAtOnceAndLetsTheOthersGoOn() {
    var fault = new IOException("gone");

    manual.run(() -> {
      LoopFuture<List<String>> all = Asyncio.gather(failing(fault), stuck("other"));

      assertThatThrownBy(all::await).isSameAs(fault);
      assertThat(log).isEmpty();
      sleep(HOUR);
      sleep(TICK);
    });

    assertThat(log).containsExactly("other ends");
  }

  @Test
  void gather_anotherFailsLater_isNotReported() {
    manual.run(() -> {
      LoopFuture<List<String>> all =
          Asyncio.gather(failing(new IOException("first")), failing(new IOException("second")));
      assertThatThrownBy(all::await).hasMessage("first");
      sleep(TICK);
    });
    close();

    assertThat(log).isEmpty();
  }

  @Test
  void gather_childCancelled_failsWithTheCancellationButIsNotCancelled() {
    manual.run(() -> {
      Task<String> child = createTask(stuck("child"));
      LoopFuture<List<String>> all = Asyncio.gather(child, after(HOUR, "other"));
      sleep(TICK);
      child.cancel();

      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);
      assertThat(all.isCancelled()).isFalse();
    });
  }

  @Test
  void cancel_cancelsEveryChild() {
    manual.run(() -> {
      LoopFuture<List<String>> all = Asyncio.gather(stuck("a"), stuck("b"));
      sleep(TICK);

      boolean cancelled = all.cancel("why");

      assertThat(cancelled).isTrue();
      assertThat(all.isDone()).isFalse();
      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class).hasMessage("why");
      sleep(TICK);
    });

    assertThat(log).containsExactly("a ends", "b ends");
  }

  @Test
  void cancel_done_returnsFalse() {
    manual.run(() -> {
      LoopFuture<List<String>> all = Asyncio.gather(after(TICK, "x"));
      all.await();

      assertThat(all.cancel()).isFalse();
    });
  }

  @Test
  void cancel_ofTheAwaitingTask_cancelsTheChildren() {
    manual.run(() -> {
      Task<List<String>> parent = createTask(() -> Asyncio.gather(stuck("a"), stuck("b")).await());
      sleep(TICK);
      sleep(TICK);
      parent.cancel();

      assertThatThrownBy(parent::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("a ends", "b ends");
  }

  @Test
  void gatherReturnExceptions_failures_areResults() {
    var fault = new IOException("gone");

    manual.run(() ->
        assertThat(
                Asyncio.gatherReturnExceptions(List.of(failing(fault), after(TICK, "x"))).await())
            .containsExactly(fault, "x"));
  }

  @Test
  void gatherReturnExceptions_childCancelled_isAResultWithItsMessage() {
    manual.run(() -> {
      var child = new LoopFuture<String>();
      LoopFuture<List<Object>> all =
          Asyncio.gatherReturnExceptions(List.of(child, after(TICK, "x")));
      child.cancel("why");

      assertThat(all.await().getFirst())
          .isInstanceOfSatisfying(
              CancelledError.class, error -> assertThat(error).hasMessage("why"));
    });
  }

  @Test
  void gatherReturnExceptions_cancelled_waitsForAllAndIsCancelled() {
    manual.run(() -> {
      LoopFuture<List<Object>> all =
          Asyncio.gatherReturnExceptions(List.of(stuck("a"), stuck("b")));
      sleep(TICK);
      all.cancel();

      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);
      assertThat(log).containsExactly("a ends", "b ends");
    });
  }

  @Test
  void cancel_childGivenTwice_isCancelledTwice() {
    manual.run(() -> {
      Task<String> child = createTask(stuck("child"));
      LoopFuture<List<String>> all = Asyncio.gather(child, child);
      sleep(TICK);

      all.cancel();

      assertThat(child.cancelling()).isEqualTo(2);
      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void cancel_lastChildDeclines_failsWithTheMessageItWasGiven() {
    manual.run(() -> {
      List<LoopFuture<List<Object>>> all = new ArrayList<>();
      Task<Object> child =
          createTask(() -> {
            all.getFirst().cancel("why"); // of itself, so it is the task that keeps the message
            try {
              return sleep(HOUR, "slept");
            } catch (CancelledError declined) {
              return "declined";
            }
          });
      all.add(Asyncio.gather(child));

      assertThatThrownBy(all.getFirst()::await)
          .isInstanceOf(CancelledError.class)
          .hasMessage("why");
      assertThat(child.result()).isEqualTo("declined");
    });
  }

  @Test
  void gather_futureOfAnotherLoop_isRefused() {
    try (var other = new ManualLoop()) {
      var foreign = new LoopFuture<String>(other.loop());

      manual.run(() ->
          assertThatThrownBy(() -> Asyncio.gather(foreign))
              .isInstanceOf(IllegalArgumentException.class));
    }
  }
}
