package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/// What a loop that closes does with the coroutines it has.
abstract class CoroutineCloseContract extends LoopFixture {

  @Test
  void close_suspendedCoroutine_runsItsFinallyOnce() {
    loop.callSoon(() ->
        createTask(() -> {
          try {
            new LoopFuture<Void>().await();
          } finally {
            log.add("finally");
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(log).containsExactly("finally");
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
  }

  @Test
  void close_coroutineThatAwaitsInFinally_runsItsCleanUpToTheEnd() {
    loop.callSoon(() ->
        createTask(() -> {
          try {
            new LoopFuture<Void>().await();
          } finally {
            try {
              sleep(MILLI);
            } finally {
              log.add("finally");
            }
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(log).containsExactly("finally");
  }

  @Test
  void close_coroutineThatNeverGivesUp_returns() {
    loop.callSoon(() ->
        createTask(() -> {
          while (true) {
            try {
              sleep(Duration.ofDays(1));
            } catch (CancelledError declined) {
              log.add("declined");
            }
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(loop.isClosed()).isTrue();
    assertThat(log).isNotEmpty();
  }

  @Test
  void close_taskThatHasNotStarted_neverStarts() {
    Task.create(loop, Coro.of(() -> log.add("ran")), TaskOptions.named("late"));

    loop.close();

    assertThat(log).isEmpty();
    assertThat(reports).hasSize(1);
  }

  @Test
  void close_bodyInABlockingCall_runsToItsEnd() {
    var lock = new ReentrantLock();
    run(() -> {
      var blocked = new AtomicReference<Thread>();
      Task<Void> _ =
          createTask(() -> {
            lock.lock();
            blocked.set(Thread.currentThread());
            try {
              Thread.sleep(Duration.ofDays(1));
            } finally {
              Thread.sleep(1); // blocks once more
              lock.unlock();
              log.add("unlocked");
            }
          });
      until(() -> blocked.get() != null && isWaiting(blocked.get()));
    });

    loop.close();

    assertThat(log).containsExactly("unlocked");
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void close_bodyInABlockingCall_endsAsCancelled() {
    var made = new AtomicReference<Task<Void>>();
    run(() -> {
      var blocked = new AtomicReference<Thread>();
      made.set(
          createTask(() -> {
            blocked.set(Thread.currentThread());
            Thread.sleep(Duration.ofDays(1));
          }));
      until(() -> blocked.get() != null && isWaiting(blocked.get()));
    });

    loop.close();

    assertThat(made.get().isCancelled()).isTrue();
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
  }
}
