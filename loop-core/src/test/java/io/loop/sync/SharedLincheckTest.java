package io.loop.sync;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.Lincheck.runConcurrentTest;

import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Handing over against giving up, under Lincheck's model checker.
@Tag("lincheck")
final class SharedLincheckTest {

  private static final int INVOCATIONS = 30 * Integer.getInteger("io.loop.lincheck.iterations", 10);

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

  /// Two wait in line; the first gives up while another thread adds a permit.
  private static void addAgainstLeave(boolean countsOnTheSecond) {
    var lock = new ReentrantLock();
    var line = new SharedLine(lock, 0);
    SharedWaiter first = SharedWaiter.here();
    SharedWaiter second = SharedWaiter.here();
    line.join(first);
    line.join(second);
    var adder =
        new Thread(() -> {
          SharedWaiter next;
          lock.lock();
          try {
            next = line.add();
          } finally {
            lock.unlock();
          }
          line.wake(next);
        });
    adder.start();
    boolean used = false;
    if (!countsOnTheSecond) {
      line.leave(first);
    } else {
      lock.lock();
      try {
        used = line.use(first);
      } finally {
        lock.unlock();
      }
    }
    join(adder);

    require(!used, "not so: the permit may have come before");
    require(line.use(second) || countsOnTheSecond, "the next one has it");
    require(line.free() == 0, "and it is there once");
  }

  @Test
  void add_againstAWaiterThatLeaves_reachesTheNextOne() {
    runConcurrentTest(INVOCATIONS, () -> addAgainstLeave(false));
  }

  @Test
  void add_wrongExpectation_isCaught() {
    assertThatThrownBy(() -> runConcurrentTest(INVOCATIONS, () -> addAgainstLeave(true)))
        .isInstanceOf(LincheckAssertionError.class);
  }

  /// One puts while another takes: the item is got or stays, and its place is free again.
  private static void putAgainstPoll() {
    var queue = new SharedQueue<String>(1);
    var first = new Thread(() -> require(queue.offer("a"), "there is room for the first"));
    first.start();
    String taken = queue.poll();
    join(first);

    String left = taken == null ? queue.poll() : taken;
    require("a".equals(left), "it is there once");
    require(queue.poll() == null && queue.offer("b"), "and its place is free again");
  }

  @Test
  void offer_againstPoll_isThereOnce() {
    runConcurrentTest(INVOCATIONS, SharedLincheckTest::putAgainstPoll);
  }
}
