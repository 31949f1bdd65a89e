package io.loop.task;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.Lincheck.runConcurrentTest;

import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What other threads may do with a loop's tasks and futures, under Lincheck's model checker.
@Tag("lincheck")
final class TaskLincheckTest {

  private static final int INVOCATIONS = 30 * Integer.getInteger("io.loop.lincheck.iterations", 10);

  private final ManualLoop manual = new ManualLoop();

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException never) {
      throw new AssertionError(never);
    }
  }

  private Task<?> task() {
    return Task.of(manual.loop(), Coro.of(() -> {}), TaskOptions.DEFAULT);
  }

  /// One thread lists while the other removes the tasks before and behind those that stay, and
  /// adds.
  private static void listWhileOthersComeAndGo(List<Task<?>> tasks) {
    var pending = new PendingTasks();
    PendingTasks.Entry oldest = pending.add(tasks.get(0));
    pending.add(tasks.get(1));
    PendingTasks.Entry middle = pending.add(tasks.get(2));
    pending.add(tasks.get(3));
    var writer =
        new Thread(() -> {
          pending.remove(middle);
          PendingTasks.Entry newest = pending.add(tasks.get(4));
          pending.remove(oldest);
          pending.remove(newest);
        });
    writer.start();
    List<Task<?>> seen = pending.list();
    join(writer);

    require(
        seen.contains(tasks.get(1)) && seen.contains(tasks.get(3)), "none that stays is missed");
    int before = -1;
    for (Task<?> task : seen) {
      require(tasks.indexOf(task) > before, "in the order they were made, each once");
      before = tasks.indexOf(task);
    }
  }

  @Test
  void list_whileTasksComeAndGo_missesNoneThatStays() {
    List<Task<?>> tasks = List.of(task(), task(), task(), task(), task());

    runConcurrentTest(INVOCATIONS, () -> listWhileOthersComeAndGo(tasks));
  }

  /// The loop gives up while another thread completes what it waited for.
  private static void cancelAgainstComplete(boolean countsOnOneOutcome) {
    Loop loop = new ManualLoop().loop();
    var outside = new CompletableFuture<String>();
    LoopFuture<String> inside = Threadsafe.wrap(loop, outside);
    var completer = new Thread(() -> outside.complete("x"));
    completer.start();
    boolean cancelled = inside.cancel();
    tick(loop);
    join(completer);
    tick(loop);

    require(cancelled, "nobody else settles a loop's future");
    require(inside.isCancelled(), "it stays cancelled");
    require(outside.isDone(), "the outside is settled, too");
    if (countsOnOneOutcome) {
      require(outside.isCancelled(), "not so: the other thread may have been quicker");
    } else {
      require(outside.isCancelled() || outside.resultNow().equals("x"), "by one of the two");
    }
  }

  /// The loop looks at its inbox while another thread completes: the value arrives, now or later.
  private static void completeAgainstTick() {
    Loop loop = new ManualLoop().loop();
    var outside = new CompletableFuture<String>();
    LoopFuture<String> inside = Threadsafe.wrap(loop, outside);
    var completer = new Thread(() -> outside.complete("x"));
    completer.start();
    tick(loop);
    join(completer);
    tick(loop);

    require(inside.isDone() && inside.result().equals("x"), "the value arrives");
  }

  private static void tick(Loop loop) {
    loop.stop();
    loop.runForever();
  }

  @Test
  void wrapFuture_cancelledAgainstCompletion_settlesBothSides() {
    runConcurrentTest(INVOCATIONS, () -> cancelAgainstComplete(false));
  }

  @Test
  void wrapFuture_wrongExpectation_isCaught() {
    assertThatThrownBy(() -> runConcurrentTest(INVOCATIONS, () -> cancelAgainstComplete(true)))
        .isInstanceOf(LincheckAssertionError.class);
  }

  @Test
  void wrapFuture_completedAgainstTicks_arrives() {
    runConcurrentTest(INVOCATIONS, TaskLincheckTest::completeAgainstTick);
  }
}
