package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Bodies that run beside a loop that is held up, and hold each other up.
class RescuedBodiesTest {

  private static final int PATIENCE_SECONDS = 60;

  /*
   * A class initializer pins what runs it to its thread: it blocks the thread instead of leaving it.
   * Each runs once in a JVM.
   */

  private static final CountDownLatch RESCUED = new CountDownLatch(1);
  private static final CountDownLatch HELD_UP = new CountDownLatch(1);
  private static final ReentrantLock LOCK = new ReentrantLock();

  private static final class HoldsUpTheLoop {
    static final boolean DONE = holdUp();

    private static boolean holdUp() {
      HELD_UP.countDown();
      awaitLatch(RESCUED);
      return true;
    }
  }

  private static final class WaitsForTheLock {
    static final boolean DONE = passLock();

    private static boolean passLock() {
      LOCK.lock();
      try {
        return true;
      } finally {
        LOCK.unlock();
      }
    }
  }

  @Test
  @Tag("slow")
  void rescuedBody_pinnedAtTheLockOfABodyThatIsBack_bothContinue() throws Exception {
    var mayUnlock = new CountDownLatch(1);
    var done = new CountDownLatch(3);
    Loop loop = Loop.create();
    loop.callSoon(() -> {
      start(
          done,
          () -> {
            LOCK.lock();
            try {
              awaitLatch(mayUnlock); // leaves the loop, comes back, and waits for its turn
            } finally {
              LOCK.unlock();
            }
          });
      start(
          done,
          () -> {
            awaitLatch(HELD_UP);
            RESCUED.countDown();
            assertThat(WaitsForTheLock.DONE).isTrue();
          });
      start(done, () -> assertThat(HoldsUpTheLoop.DONE).isTrue());
    });
    Thread thread = Thread.ofPlatform().daemon().start(loop::runForever);

    while (!LOCK.hasQueuedThreads() || !isWaitingForRescued(thread)) {
      Thread.onSpinWait();
    }
    mayUnlock.countDown();

    assertThat(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    loop.callSoonThreadsafe(loop::stop);
    thread.join();
    loop.close();
  }

  private static void start(CountDownLatch done, Coro.Action body) {
    Task<?> task = Asyncio.createTask(body);
    task.addDoneCallback(ended -> {
      if (ended.exception() == null) {
        done.countDown();
      }
    });
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// {@return whether a loop's thread waits for bodies that run beside it; on the portable carrier,
  /// whether it waits at all}
  private static boolean isWaitingForRescued(Thread thread) {
    Object blocker = LockSupport.getBlocker(thread);
    return thread.getState() == Thread.State.WAITING
        && (Task.isPortable()
            || (blocker != null && blocker.getClass().getSimpleName().equals("Rescued")));
  }
}
