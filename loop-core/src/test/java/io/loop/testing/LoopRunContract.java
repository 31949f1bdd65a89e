package io.loop.testing;

import static io.loop.testing.Threads.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.event.Loop;
import io.loop.task.Coro;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// Who may run, stop and close a loop, and when.
abstract class LoopRunContract extends LoopFixture {

  /// {@return whether the loop may run only on the thread where it first ran}
  protected abstract boolean isBoundToItsThread();

  @Test
  void stop_inACallback_finishesTheTickAndNoMore() {
    loop.callSoon(() -> {
      loop.stop();
      loop.callSoon(logging("next tick"));
    });
    loop.callSoon(logging("same tick"));

    loop.runForever();

    assertThat(log).containsExactly("same tick");
  }

  @Test
  void runForever_afterAStop_goesOnWithWhatWasLeft() {
    loop.callSoon(() -> {
      loop.stop();
      loop.callSoon(logging("left"));
    });
    loop.runForever();

    runTwoTicks();

    assertThat(log).containsExactly("left");
  }

  @Test
  void stop_beforeTheRun_makesOneTick() {
    loop.callSoon(() -> loop.callSoon(logging("second tick")));
    loop.callSoon(logging("first tick"));

    loop.stop();
    loop.runForever();

    assertThat(log).containsExactly("first tick");
  }

  @Test
  void runForever_whileItRuns_isRefused() {
    var refused = new AtomicReference<Throwable>();
    loop.callSoon(() -> refused.set(catchThrowable(loop::runForever)));

    runTwoTicks();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("This event loop is already running");
  }

  @Test
  void runForever_insideAnotherLoop_isRefused() {
    var refused = new AtomicReference<Throwable>();
    try (Loop other = newLoop()) {
      loop.callSoon(() -> refused.set(catchThrowable(other::runForever)));

      runTwoTicks();
    }

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot run the event loop while another loop is running");
  }

  @Test
  void runForever_onAVirtualThread_isRefused() throws InterruptedException {
    var refused = new AtomicReference<Throwable>();

    Thread.ofVirtual().start(() -> refused.set(catchThrowable(loop::runForever))).join();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("platform thread");
    assertThat(loop.isRunning()).isFalse();
  }

  @Test
  void runForever_onAnotherThreadLater_worksOrIsRefused() {
    var refusal = new AtomicReference<Throwable>();
    runTwoTicks();

    onThread(() -> {
      loop.callSoon(logging("ran"));
      refusal.set(catchThrowable(this::runTwoTicks));
    });

    if (isBoundToItsThread()) {
      assertThat(refusal.get()).hasMessageContaining("belongs to");
    } else {
      assertThat(log).containsExactly("ran");
    }
  }

  @Test
  void isRunning_beforeInsideAndAfter_saysSo() {
    var inside = new AtomicBoolean();
    boolean before = loop.isRunning();

    loop.callSoon(() -> inside.set(loop.isRunning()));
    runTwoTicks();

    assertThat(before).isFalse();
    assertThat(inside).isTrue();
    assertThat(loop.isRunning()).isFalse();
  }

  @Test
  void running_insideACallback_isTheLoop() {
    var seen = new AtomicReference<Loop>();

    loop.callSoon(() -> seen.set(Loop.running()));
    runTwoTicks();

    assertThat(seen.get()).isSameAs(loop);
    assertThat(Loop.runningOrNull()).isNull();
  }

  @Test
  void close_whileRunning_isRefused() {
    var refused = new AtomicReference<Throwable>();
    loop.callSoon(() -> refused.set(catchThrowable(loop::close)));

    runTwoTicks();

    assertThat(refused.get()).isInstanceOf(IllegalStateException.class);
    assertThat(loop.isClosed()).isFalse();
  }

  @Test
  void close_withCallbacksLeft_dropsThem() {
    loop.callSoon(logging("soon"));
    loop.callLater(TICK, logging("later"));
    loop.callSoonThreadsafe(logging("threadsafe"));

    loop.close();

    assertThat(log).isEmpty();
    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_twice_doesNothing() {
    loop.close();

    loop.close();

    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_thenAnyUse_isRefused() {
    loop.close();

    for (Coro.Action use :
        List.<Coro.Action>of(
            () -> loop.callSoon(() -> {}),
            () -> loop.callLater(MILLI, () -> {}),
            () -> loop.callAt(MILLI, () -> {}),
            () -> loop.callSoonThreadsafe(() -> {}),
            () -> onThread(() -> loop.callSoonThreadsafe(() -> {})),
            loop::runForever)) {
      assertThatThrownBy(use::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Event loop is closed");
    }
  }
}
