package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// Cancellations that interrupt a blocking call, and interrupts that are taken back.
abstract class CoroutineInterruptContract extends LoopFixture {

  @Test
  void cancel_ofATaskInThreadSleep_interruptsItAndItEndsCancelled() {
    run(() -> {
      var thread = new AtomicReference<Thread>();
      Task<Void> sleeper =
          createTask(() -> {
            thread.set(Thread.currentThread());
            Thread.sleep(60_000);
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));

      boolean requested = sleeper.cancel("enough");

      assertThat(requested).isTrue();
      assertThatThrownBy(sleeper::await).isInstanceOf(CancelledError.class).hasMessage("enough");
      assertThat(sleeper.isCancelled()).isTrue();
    });
  }

  @Test
  void cancel_ofATaskInASocketRead_endsItCancelled() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var near = new Socket(server.getInetAddress(), server.getLocalPort())) {
      InputStream in = near.getInputStream();

      run(() -> {
        var thread = new AtomicReference<Thread>();
        Task<Integer> reader =
            createTask(() -> {
              thread.set(Thread.currentThread());
              return in.read();
            });
        until(() -> thread.get() != null && isWaiting(thread.get()));

        reader.cancel("enough");

        assertThatThrownBy(reader::await)
            .isInstanceOf(CancelledError.class)
            .hasMessage("enough")
            .hasCauseInstanceOf(IOException.class);
      });
    }
  }

  @Test
  @SuppressWarnings("LockNotBeforeTry") // held on purpose until others queue for it
  void cancel_ofATaskWaitingForALock_isDeliveredAtItsNextAwait() {
    var lock = new ReentrantLock();

    run(() -> {
      lock.lock();
      Task<Void> waiter =
          createTask(() -> {
            lock.lock();
            try {
              log.add("locked");
              sleep(MILLI);
              log.add("not reached");
            } finally {
              log.add("interrupted " + Thread.currentThread().isInterrupted());
              lock.unlock();
            }
          });
      until(lock::hasQueuedThreads);
      waiter.cancel();
      sleep(TICK);
      lock.unlock();
      assertThatThrownBy(waiter::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("locked", "interrupted false");
  }

  @Test
  void cancel_ofABlockedTaskThatDeclines_givesItsResultElse() {
    run(() -> {
      var thread = new AtomicReference<Thread>();
      Task<String> stubborn =
          createTask(() -> {
            thread.set(Thread.currentThread());
            try {
              Thread.sleep(60_000);
            } catch (InterruptedException declined) {
              Task.current().uncancel();
            }
            sleep(TICK);
            return "declined";
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));

      stubborn.cancel();

      assertThat(stubborn.await()).isEqualTo("declined");
    });
  }

  /// As [#until]; for conditions that need time, which a virtual clock has none of while work is
  /// ready.
  private static void untilInTime(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(MILLI);
    }
  }

  /// An uninterruptible call that ends well, once a condition holds, and puts the flag back then.
  private static String joinUntil(BooleanSupplier condition) {
    var later = new CompletableFuture<String>();
    Task<Void> _ =
        createTask(() -> {
          untilInTime(condition);
          later.complete("done");
        });
    return later.join();
  }

  /// Neither a request nor an interrupt is left.
  private static void assertNotCancelled() throws InterruptedException {
    Thread.sleep(1);
    sleep(MILLI);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void timeout_bodyInAJoinThatEndsWell_takesItsInterruptBack() {
    run(() -> {
      String result =
          Asyncio.timeout(Duration.ofMillis(5), timeout -> joinUntil(timeout::isExpired));

      assertThat(result).isEqualTo("done");
      assertNotCancelled();
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void timeout_inTheCleanUpOfACancelledTask_takesItsInterruptBack() {
    run(() -> {
      Task<String> task =
          createTask(() -> {
            try {
              new LoopFuture<Void>().await();
              return "not cancelled";
            } catch (CancelledError cancelled) {
              String result =
                  Asyncio.timeout(Duration.ofMillis(5), timeout -> joinUntil(timeout::isExpired));
              assertNotCancelled();
              return result;
            }
          });
      sleep(TICK);
      task.cancel();

      assertThat(task.await()).isEqualTo("done");
    });
  }

  @Test
  void group_childFailsWhileTheBodyIsInAJoin_takesItsInterruptBack() {
    run(() -> {
      Task<?> parent = Task.current();
      assertThatThrownBy(() ->
              TaskGroup.run(group -> {
                group.createTask(() -> {
                  throw new IllegalArgumentException("child");
                });
                log.add(joinUntil(() -> parent.cancelling() > 0));
              }))
          .isInstanceOf(ExceptionGroup.class);

      assertNotCancelled();
      assertThat(parent.cancelling()).isZero();
    });

    assertThat(log).containsExactly("done");
  }

  @Test
  void groupCancel_whileTheBodyIsInAJoin_takesItsInterruptBack() {
    run(() -> {
      Task<?> parent = Task.current();
      String result =
          TaskGroup.call(group -> {
            loop.callSoon(group::cancel);
            return joinUntil(() -> parent.cancelling() > 0);
          });

      assertThat(result).isEqualTo("done");
      assertNotCancelled();
      assertThat(parent.cancelling()).isZero();
    });
  }

  @Test
  void uncancel_afterAJoin_takesTheInterruptBack() {
    run(() -> {
      Task<?> task = Task.current();
      loop.callSoon(() -> task.cancel());
      joinUntil(() -> task.cancelling() > 0);

      assertThat(task.uncancel()).isZero();

      assertNotCancelled();
    });
  }

  @Test
  void timeout_anotherRequestDuringTheCall_staysWithItsInterrupt() {
    run(() -> {
      Task<Void> task =
          createTask(() -> {
            Task<?> self = Task.current();
            Asyncio.timeout(
                Duration.ofMillis(5),
                timeout -> joinUntil(() -> timeout.isExpired() && self.cancelling() == 2));
            log.add("left the scope");
            Thread.sleep(Duration.ofDays(1)); // ends at once
          });
      untilInTime(() -> task.cancelling() == 1); // the time was up
      task.cancel("mine");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("mine");
    });

    assertThat(log).containsExactly("left the scope");
  }

  @Test
  void timeout_bodyWrapsTheInterruption_isATimeout() {
    run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  Duration.ofMillis(5),
                  () -> {
                    try {
                      Thread.sleep(Duration.ofDays(1));
                    } catch (InterruptedException interruption) {
                      Thread.currentThread().interrupt();
                      throw new IllegalStateException(new IOException(interruption));
                    }
                  }))
          .isInstanceOf(TimeoutException.class);

      assertNotCancelled();
    });
  }

  @Test
  void interrupt_ofTheUsersOwn_isNotTakenBack() {
    run(() -> {
      Thread self = Thread.currentThread();
      Task<?> task = Task.current();
      TaskGroup.run(_ -> {
        var interrupted = new AtomicBoolean();
        loop.callSoon(() -> {
          self.interrupt();
          interrupted.set(true);
        });
        joinUntil(interrupted::get); // join takes the flag off, and puts it back
      });
      assertThat(Thread.interrupted()).isTrue();

      loop.callSoon(() -> task.cancel());
      joinUntil(() -> task.cancelling() > 0);
      task.uncancel();
      self.interrupt();
      sleep(MILLI);

      assertThat(Thread.interrupted()).isTrue();
    });
  }

  @Test
  void interrupt_ofTheUsersOwnBeforeTheCancellation_isNotTakenBack() {
    var monitor = new Object();
    var held = new CompletableFuture<Void>();
    var release = new CompletableFuture<Void>();
    CompletableFuture<Void> holder =
        start(() -> {
          synchronized (monitor) {
            held.complete(null);
            release.join();
          }
        });
    held.join();

    run(() -> {
      Task<Boolean> task =
          createTask(() -> {
            Thread.currentThread().interrupt();
            synchronized (monitor) { // does not look at the flag
              log.add("entered");
            }
            Task.current().uncancel();
            return Thread.interrupted();
          });
      sleep(TICK);
      task.cancel();
      release.complete(null);

      assertThat(task.await()).isTrue();
    });

    join(holder);
  }
}
