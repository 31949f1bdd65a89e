package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.ExceptionContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The callbacks of a future: when they run, in which order and context.
final class LoopFutureCallbacksTest extends LoopFutureFixture {

  private static final Duration TICK = Duration.ZERO;
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

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
}
