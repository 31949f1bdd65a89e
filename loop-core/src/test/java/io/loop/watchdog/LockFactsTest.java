package io.loop.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class LockFactsTest {

  @Test
  void ownerOf_lockOfAVirtualThread_isThatThread() throws InterruptedException {
    var lock = new ReentrantLock();
    var held = new CountDownLatch(1);
    var letGo = new CountDownLatch(1);
    Thread holder =
        Thread.ofVirtual()
            .start(() -> {
              lock.lock();
              try {
                held.countDown();
                letGo.await();
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              } finally {
                lock.unlock();
              }
            });
    held.await();
    Thread waiter = Thread.ofVirtual().start(() -> within(lock));
    Object sync;
    while ((sync = LockSupport.getBlocker(waiter)) == null) {
      Thread.onSpinWait();
    }
    var found = LockFacts.ownerOf((AbstractOwnableSynchronizer) sync);
    letGo.countDown();
    waiter.join();
    holder.join();

    assertThat(found).isEqualTo(new LockFacts.Owner(holder.threadId(), ""));
    assertThat(LockFacts.ownerOf((AbstractOwnableSynchronizer) sync)).isNull();
  }

  private static void within(ReentrantLock lock) {
    lock.lock();
    try {
      Thread.onSpinWait();
    } finally {
      lock.unlock();
    }
  }
}
