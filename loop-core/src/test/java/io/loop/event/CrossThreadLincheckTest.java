package io.loop.event;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.Lincheck.runConcurrentTest;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The protocols in which a loop and other threads meet, under Lincheck's model checker: it runs
/// each block again and again, with another interleaving of its threads each time, and fails on a
/// failed check or where nobody can go on.
///
/// One block is broken on purpose, and must be caught.
@Tag("lincheck")
final class CrossThreadLincheckTest {

  private static final int INVOCATIONS = 30 * Integer.getInteger("io.loop.lincheck.iterations", 10);
  private static final Loop LOOP = Loop.create(new ParkPoller());

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  private static void join(Thread... threads) {
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException never) {
        throw new AssertionError(never);
      }
    }
  }

  private static Thread start(Runnable action) {
    var thread = new Thread(action);
    thread.start();
    return thread;
  }

  /// A loop that does nothing but sleep and take what comes, and two submitters.
  private static void sleepAndWake(boolean armsFirst) {
    var inbox = new Inbox(LOOP);
    var gate = new WakeupGate();
    var ready = new ReadyQueue();
    var ran = new AtomicInteger();
    var bell = new Semaphore(0); // as park and unpark, but never rings by itself
    Thread loop =
        start(() -> {
          while (ran.get() < 2) {
            if (armsFirst) {
              gate.arm();
              sleepIf(inbox.isEmpty(), bell);
            } else {
              boolean empty = inbox.isEmpty();
              gate.arm();
              sleepIf(empty, bell);
            }
            gate.disarm();
            inbox.drainTo(ready);
            for (Handle handle; (handle = ready.poll()) != null; ) {
              Handles.run(handle);
            }
          }
        });
    Runnable submit =
        () -> {
          inbox.add(new SharedHandle(LOOP, ran::incrementAndGet, null));
          if (gate.claim()) {
            bell.release();
          }
        };
    Thread other = start(submit);
    submit.run();
    join(other, loop);
    require(ran.get() == 2, "both ran");
  }

  private static void sleepIf(boolean empty, Semaphore bell) {
    if (empty) {
      bell.acquireUninterruptibly();
    }
  }

  @Test
  void gateAndInbox_anyInterleaving_loseNoWakeup() {
    runConcurrentTest(INVOCATIONS, () -> sleepAndWake(true));
  }

  @Test
  void gateAndInbox_armedAfterTheLook_isCaught() {
    assertThatThrownBy(() -> runConcurrentTest(INVOCATIONS, () -> sleepAndWake(false)))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("hung");
  }

  @Test
  void sharedHandle_cancelAgainstRun_neverRunsAfterCancelReturned() {
    runConcurrentTest(
        INVOCATIONS,
        () -> {
          int[] runs = {0}; // plain: the handle's lock has to order it
          var inside = new AtomicInteger();
          var handle =
              new SharedHandle(
                  LOOP,
                  () -> {
                    inside.incrementAndGet();
                    runs[0]++;
                    inside.decrementAndGet();
                  },
                  null);
          int[] seen = {0};
          Thread canceller =
              start(() -> {
                handle.cancel();
                require(inside.get() == 0, "cancel came back while the callback ran");
                seen[0] = runs[0];
              });
          Handles.run(handle);
          join(canceller);
          require(runs[0] == seen[0], "ran after cancel came back");
        });
  }
}
