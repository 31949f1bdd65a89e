package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.ExceptionContext;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LoopFutureTest {

  private static final Duration TICK = Duration.ZERO;
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();
  private final LoopFuture<String> future = new LoopFuture<>(manual.loop());
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.loop().setExceptionHandler((_, _) -> {}); // the tests below leave failures unread
    manual.close();
  }

  private DoneCallback<LoopFuture<String>> logging(String text) {
    return _ -> log.add(text);
  }

  @Test
  void newFuture_isPending() {
    assertThat(future.isDone()).isFalse();
    assertThat(future.isCancelled()).isFalse();
    assertThat(future.getLoop()).isSameAs(manual.loop());
    assertThat(future).hasToString("<LoopFuture pending>");
  }

  @Test
  void newFuture_outsideALoop_isRefused() {
    assertThatThrownBy(LoopFuture::new)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no running event loop");
  }

  @Test
  void setResult_pending_settles() {
    future.setResult("value");

    assertThat(future.isDone()).isTrue();
    assertThat(future.isCancelled()).isFalse();
    assertThat(future.result()).isEqualTo("value");
    assertThat(future.exception()).isNull();
  }

  @Test
  void setResult_null_settles() {
    future.setResult(null);

    assertThat(future.isDone()).isTrue();
    assertThat(future.result()).isNull();
  }

  @Test
  void setResult_twice_isRefused() {
    future.setResult("first");

    assertThatThrownBy(() -> future.setResult("second")).isInstanceOf(InvalidStateException.class);
    assertThat(future.result()).isEqualTo("first");
  }

  @Test
  void setResult_afterCancel_isRefused() {
    future.cancel();

    assertThatThrownBy(() -> future.setResult("late")).isInstanceOf(InvalidStateException.class);
  }

  @Test
  void setException_afterSetResult_isRefused() {
    future.setResult("first");

    assertThatThrownBy(() -> future.setException(new IOException()))
        .isInstanceOf(InvalidStateException.class);
  }

  @Test
  void setException_null_isRefusedAndLeavesItPending() {
    assertThatThrownBy(() -> future.setException(null)).isInstanceOf(NullPointerException.class);

    assertThat(future.isDone()).isFalse();
  }

  @Test
  void result_failed_throwsTheSameObjectEachTime() {
    var fault = new IOException("gone");
    future.setException(fault);

    assertThatThrownBy(future::result).isSameAs(fault);
    assertThatThrownBy(future::result).isSameAs(fault);
    assertThat(future.exception()).isSameAs(fault);
  }

  @Test
  void result_pending_isRefused() {
    assertThatThrownBy(future::result)
        .isInstanceOf(InvalidStateException.class)
        .hasMessage("Result is not ready.");
  }

  @Test
  void exception_pending_isRefused() {
    assertThatThrownBy(future::exception)
        .isInstanceOf(InvalidStateException.class)
        .hasMessage("Exception is not set.");
  }

  @Test
  void cancel_pending_settlesWithItsMessage() {
    boolean cancelled = future.cancel("why");

    assertThat(cancelled).isTrue();
    assertThat(future.isDone()).isTrue();
    assertThat(future.isCancelled()).isTrue();
    assertThatThrownBy(future::result).isInstanceOf(CancelledError.class).hasMessage("why");
    assertThatThrownBy(future::exception).isInstanceOf(CancelledError.class).hasMessage("why");
    assertThat(future).hasToString("<LoopFuture cancelled>");
  }

  @Test
  void cancel_done_returnsFalse() {
    future.setResult("value");

    assertThat(future.cancel()).isFalse();
    assertThat(future.isCancelled()).isFalse();
  }

  @Test
  void cancel_twice_returnsFalseTheSecondTime() {
    assertThat(future.cancel("first")).isTrue();
    assertThat(future.cancel("second")).isFalse();

    assertThatThrownBy(future::result).hasMessage("first");
  }

  @Test
  void addDoneCallback_pending_runsOneTickAfterItIsSettled() {
    future.addDoneCallback(logging("called"));

    future.setResult("value");
    List<String> inside = List.copyOf(log);
    manual.tick();

    assertThat(inside).isEmpty();
    assertThat(log).containsExactly("called");
  }

  @Test
  void addDoneCallback_done_runsInTheNextTick() {
    future.setResult("value");

    future.addDoneCallback(logging("called"));
    List<String> inside = List.copyOf(log);
    manual.tick();

    assertThat(inside).isEmpty();
    assertThat(log).containsExactly("called");
  }

  @Test
  void addDoneCallback_several_runInOrder() {
    for (int i = 0; i < 5; i++) {
      future.addDoneCallback(logging("" + i));
    }

    future.setResult("value");
    manual.tick();

    assertThat(log).containsExactly("0", "1", "2", "3", "4");
  }

  @Test
  void addDoneCallback_twiceTheSame_runsTwice() {
    DoneCallback<LoopFuture<String>> callback = logging("called");
    future.addDoneCallback(callback);
    future.addDoneCallback(callback);

    future.cancel();
    manual.tick();

    assertThat(log).containsExactly("called", "called");
  }

  @Test
  void addDoneCallback_byACallback_runsOneTickLater() {
    future.addDoneCallback(done -> done.addDoneCallback(logging("inner")));
    future.addDoneCallback(logging("outer"));

    future.setResult("value");
    manual.tick();
    List<String> first = List.copyOf(log);
    manual.tick();

    assertThat(first).containsExactly("outer");
    assertThat(log).containsExactly("outer", "inner");
  }

  @Test
  void addDoneCallback_mixedWithAwaitingTasks_runInOrderOfRegistration() {
    manual.run(() -> {
      var shared = new LoopFuture<String>();
      shared.addDoneCallback(_ -> log.add("callback 1"));
      Task<Boolean> first = createTask(() -> log.add("task 1 " + shared.await()));
      Task<Boolean> second = createTask(() -> log.add("task 2 " + shared.await()));
      sleep(TICK);
      shared.addDoneCallback(_ -> log.add("callback 2"));
      shared.setResult("x");
      first.await();
      second.await();
    });

    assertThat(log).containsExactly("callback 1", "task 1 x", "task 2 x", "callback 2");
  }

  @Test
  void addDoneCallback_withoutContext_runsInACopyOfTheCurrentOne() {
    manual.run(() -> {
      var mine = new LoopFuture<String>();
      COLOR.set("red");
      mine.addDoneCallback(_ -> log.add(COLOR.get()));
      COLOR.set("blue");
      mine.setResult("x");
      sleep(TICK);
    });

    assertThat(log).containsExactly("red");
  }

  @Test
  void addDoneCallback_withAContext_runsInIt() {
    Context context = Context.copyCurrent();
    context.run(() -> COLOR.set("red"));

    future.addDoneCallback(_ -> log.add(COLOR.get()), context);
    future.setResult("x");
    manual.tick();

    assertThat(log).containsExactly("red");
  }

  @Test
  void addDoneCallback_thatThrows_isReportedAndTheOthersRun() {
    List<ExceptionContext> reports = new ArrayList<>();
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
    DoneCallback<LoopFuture<String>> bad =
        new DoneCallback<>() {
          @Override
          public void call(LoopFuture<String> done) {
            throw new IllegalArgumentException("bad");
          }

          @Override
          public String toString() {
            return "theBadOne";
          }
        };
    future.addDoneCallback(bad);
    future.addDoneCallback(logging("good"));

    future.setResult("x");
    manual.tick();

    assertThat(log).containsExactly("good");
    assertThat(reports)
        .singleElement()
        .extracting(ExceptionContext::message)
        .asString()
        .startsWith("Exception in callback theBadOne");
  }

  @Test
  void removeDoneCallback_onlyOne_removesIt() {
    DoneCallback<LoopFuture<String>> callback = logging("called");
    future.addDoneCallback(callback);

    int removed = future.removeDoneCallback(callback);
    future.setResult("x");
    manual.tick();

    assertThat(removed).isEqualTo(1);
    assertThat(log).isEmpty();
  }

  @Test
  void removeDoneCallback_amongOthers_removesEveryRegistrationOfIt() {
    DoneCallback<LoopFuture<String>> callback = logging("removed");
    future.addDoneCallback(callback);
    future.addDoneCallback(logging("a"));
    future.addDoneCallback(callback);
    future.addDoneCallback(logging("b"));

    int removed = future.removeDoneCallback(callback);
    future.setResult("x");
    manual.tick();

    assertThat(removed).isEqualTo(2);
    assertThat(log).containsExactly("a", "b");
  }

  @Test
  void removeDoneCallback_all_thenAdd_runsTheNewOne() {
    DoneCallback<LoopFuture<String>> callback = logging("removed");
    future.addDoneCallback(callback);
    future.addDoneCallback(callback);
    future.removeDoneCallback(callback);

    future.addDoneCallback(logging("new"));
    future.setResult("x");
    manual.tick();

    assertThat(log).containsExactly("new");
  }

  @Test
  void removeDoneCallback_unknown_returnsZero() {
    assertThat(future.removeDoneCallback(logging("a"))).isZero();
    future.addDoneCallback(logging("b"));

    assertThat(future.removeDoneCallback(logging("a"))).isZero();
  }

  @Test
  void removeDoneCallback_afterItIsSettled_isTooLate() {
    DoneCallback<LoopFuture<String>> callback = logging("called");
    future.addDoneCallback(callback);
    future.setResult("x");

    int removed = future.removeDoneCallback(callback);
    manual.tick();

    assertThat(removed).isZero();
    assertThat(log).containsExactly("called");
  }

  @Test
  void removeDoneCallback_whileATaskAwaits_leavesTheTask() {
    manual.run(() -> {
      var shared = new LoopFuture<String>();
      DoneCallback<LoopFuture<String>> callback = _ -> log.add("called");
      shared.addDoneCallback(callback);
      Task<Boolean> waiter = createTask(() -> log.add(shared.await()));
      sleep(TICK);
      assertThat(shared.removeDoneCallback(callback)).isEqualTo(1);
      shared.setResult("woken");
      waiter.await();
    });

    assertThat(log).containsExactly("woken");
  }

  @Test
  void await_done_doesNotSuspend() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("value");
      manual.loop().callSoon(() -> log.add("other"));

      log.add(done.await());
    });

    assertThat(log.getFirst()).isEqualTo("value");
  }

  @Test
  void await_failed_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      var failed = new LoopFuture<String>();
      manual.loop().callSoon(() -> failed.setException(fault));

      assertThatThrownBy(failed::await).isSameAs(fault);
    });
  }

  @Test
  void await_withADeclaredException_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      var failed = new LoopFuture<String>();
      failed.setException(fault);

      try {
        failed.await(IOException.class);
      } catch (IOException caught) {
        assertThat(caught).isSameAs(fault);
        log.add("caught");
      }
    });

    assertThat(log).containsExactly("caught");
  }

  @Test
  void await_cancelledMeanwhile_throwsWithTheMessage() {
    manual.run(() -> {
      var cancelled = new LoopFuture<String>();
      manual.loop().callSoon(() -> cancelled.cancel("why"));

      assertThatThrownBy(cancelled::await).isInstanceOf(CancelledError.class).hasMessage("why");
    });
  }

  @Test
  void await_futureOfAnotherLoop_isRefused() {
    try (var other = new ManualLoop()) {
      var foreign = new LoopFuture<String>(other.loop());

      manual.run(() ->
          assertThatThrownBy(foreign::await)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("attached to a different loop"));
    }
  }

  @Test
  void settle_whenTheLoopIsClosed_tellsSo() {
    future.addDoneCallback(logging("called"));
    manual.close();

    assertThatThrownBy(() -> future.setResult("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Event loop is closed");
  }

  @Test
  void chain_ofAHundredThousandFutures_staysFlat() {
    LoopFuture<String> last = future;
    for (int i = 0; i < 100_000; i++) {
      var next = new LoopFuture<String>(manual.loop());
      last.addDoneCallback(done -> next.setResult(done.result()));
      last = next;
    }

    future.setResult("value");
    manual.runUntilIdle();

    assertThat(last.result()).isEqualTo("value");
  }

  @Test
  void toString_failed_namesTheFailure() {
    future.setException(new IOException("gone"));

    assertThat(future).hasToString("<LoopFuture finished exception=java.io.IOException: gone>");
  }
}
