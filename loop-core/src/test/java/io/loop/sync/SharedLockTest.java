package io.loop.sync;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The test's own thread counts as one that is no loop's: both loops run only when it says so.
final class SharedLockTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualLoop here = new ManualLoop();
  private final ManualLoop there = new ManualLoop();
  private final SharedLock lock = new SharedLock();
  private final List<String> events = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private static Task<?> start(ManualLoop loop, Coro.Action body) {
    Task<?> task = Task.create(loop.loop(), Coro.of(body), TaskOptions.DEFAULT);
    loop.tick();
    return task;
  }

  private Task<?> holder(ManualLoop loop, String name) {
    return start(
        loop,
        () ->
            lock.with(() -> {
              events.add(name + " in");
              sleep(SECOND);
              events.add(name + " out");
            }));
  }

  /// A thread that has begun to wait.
  private Thread waitingThread() {
    String before = lock.toString();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try (var _ = lock.hold()) {
                events.add("thread");
              } catch (InterruptedException interrupted) {
                events.add("interrupted");
              }
            });
    while (lock.toString().equals(before) || !Threads.isWaiting(thread)) {
      Thread.onSpinWait();
    }
    return thread;
  }

  @Test
  void acquire_taken_isHandedOverInOrderOfArrival() throws Exception {
    lock.acquire();
    Task<?> first = holder(there, "first");
    Thread second = waitingThread();
    Task<?> third = holder(here, "third");
    assertThat(lock).hasToString("<SharedLock [locked, waiters:3]>");

    lock.release();
    boolean handedOver = lock.isLocked() && !lock.tryAcquire();
    here.runUntilIdle();
    boolean othersWait = events.isEmpty();
    there.runUntilIdle();
    second.join();
    here.runUntilIdle();

    assertThat(handedOver).isTrue();
    assertThat(othersWait).isTrue();
    assertThat(events).containsExactly("first in", "first out", "thread", "third in", "third out");
    assertThat(first.isDone() && third.isDone()).isTrue();
    assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>");
  }

  @Test
  void release_byAnybodyElse_isRefused() throws Exception {
    here.setPatience(Duration.ofSeconds(30)); // for the threads
    assertThatThrownBy(lock::release).hasMessageContaining("not acquired");
    here.run(() -> {
      lock.acquire();

      assertThatThrownBy(() -> Threads.onThread(lock::release))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("held by another");
      assertThatThrownBy(() -> Asyncio.createTask(lock::release).await())
          .hasMessageContaining("held by another");
      here.loop()
          .callSoon(
              () -> assertThatThrownBy(lock::release).hasMessageContaining("held by another"));
      sleep(Duration.ZERO);
      assertThat(lock.isLocked()).isTrue();
      lock.release();
    });
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void release_whileItIsOnTheWay_isRefusedForEverybody() throws Exception {
    lock.acquire();
    Task<?> next = holder(here, "next");

    lock.release();

    assertThatThrownBy(lock::release).isInstanceOf(IllegalStateException.class);
    here.runUntilIdle();
    assertThat(next.isDone()).isTrue();
  }

  @Test
  void acquire_byItsOwner_isRefused() throws Exception {
    lock.acquire();
    assertThatThrownBy(lock::acquire)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("would wait for itself");
    assertThatThrownBy(() -> lock.tryAcquire(SECOND)).isInstanceOf(IllegalStateException.class);
    assertThat(lock.tryAcquire()).isFalse();
    lock.release();

    here.run(() ->
        lock.with(
            () -> assertThatThrownBy(lock::acquire).hasMessageContaining("would wait for itself")));
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void acquire_cancelledWithTheLockOnTheWay_passesItOn() throws Exception {
    lock.acquire();
    Task<?> cancelled = holder(here, "cancelled");
    Task<?> next = holder(there, "next");

    lock.release();
    cancelled.cancel();
    here.runUntilIdle();
    there.runUntilIdle();

    assertThat(cancelled.isCancelled()).isTrue();
    assertThat(next.isDone()).isTrue();
    assertThat(events).containsExactly("next in", "next out");
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void acquire_threadIsInterrupted_throwsAndLeavesTheLine() throws Exception {
    lock.acquire();
    Thread thread = waitingThread();

    thread.interrupt();
    thread.join();

    assertThat(events).containsExactly("interrupted");
    assertThat(lock).hasToString("<SharedLock [locked, waiters:0]>");
    lock.release();
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void loopThatCloses_unwindsItsHolderAndItsWaiters() throws Exception {
    Task<?> holder = holder(here, "holder");
    Task<?> waiter = holder(here, "waiter");
    Thread thread = waitingThread();
    here.close();
    thread.join();

    assertThat(holder.isCancelled() && waiter.isCancelled()).isTrue();
    assertThat(events).containsExactly("holder in", "thread");
    assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>");
  }

  @Test
  void callback_mayTryAndReleaseButNotWait() {
    here.loop()
        .callSoon(() -> {
          assertThatThrownBy(lock::acquire).hasMessageContaining("a callback must not wait");
          assertThatThrownBy(lock::hold).hasMessageContaining("a callback must not wait");
          assertThat(lock.tryAcquire()).isTrue();
          assertThat(lock.tryAcquire()).isFalse();
          here.loop()
              .callSoon(() -> {
                lock.release();
                events.add("released");
              });
        });
    here.tick();
    assertThatThrownBy(lock::release).hasMessageContaining("held by another");

    here.tick();

    assertThat(events).containsExactly("released");
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void tryAcquire_withALimit_waitsForSoLong() throws Exception {
    lock.acquire();
    here.run(() -> {
      Duration before = here.clock().time();

      assertThat(lock.tryAcquire(SECOND)).isFalse();
      assertThat(here.clock().time().minus(before)).isEqualTo(SECOND);
      assertThat(lock.tryAcquire(Duration.ZERO)).isFalse();
    });
    Threads.onThread(() -> assertThat(lock.tryAcquire(Duration.ofMillis(1))).isFalse());

    lock.release();

    Threads.onThread(() -> {
      assertThat(lock.tryAcquire(SECOND)).isTrue();
      lock.release();
    });
    assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>");
  }

  @Test
  void with_bodyThrows_releasesAndThrowsTheVeryObject() {
    var fault = new IOException("refused");

    here.run(() ->
        assertThatThrownBy(() ->
                lock.with(() -> {
                  throw fault;
                }))
            .isSameAs(fault));

    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void here_whateverTheCaller_isTheTaskWhoseBodyCalls() {
    here.setPatience(Duration.ofSeconds(30)); // for the threads
    assertThat(Task.here()).isNull();
    here.run(() -> {
      Task<?> task = Task.current();
      assertThat(Task.here()).isSameAs(task);
      Threads.onThread(() -> assertThat(Task.here()).isNull());
      here.loop().callSoon(() -> events.add(Task.here() == null ? "none" : "some"));
      sleep(Duration.ZERO);
    });
    assertThat(events).containsExactly("none");
  }
}
