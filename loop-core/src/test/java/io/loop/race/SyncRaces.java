package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.sync.Barrier;
import io.loop.sync.BoundedSemaphore;
import io.loop.sync.CapacityLimiter;
import io.loop.sync.Condition;
import io.loop.sync.Event;
import io.loop.sync.Lock;
import io.loop.sync.RateLimiter;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.Random;

/// Races on what `io.loop.sync` awaits, but for the queues.
///
/// Where something is handed over, a rival waits behind the victim: it must get what a cancelled
/// victim gave up.
final class SyncRaces {

  private SyncRaces() {}

  static Race lock(ManualLoop manual, Random random) {
    var lock = new Lock();
    lock.acquire();
    return new Race() {
      private Task<?> rival;

      @Override
      public Object await() {
        rival = createTask(() -> lock.with(() -> sleep(Duration.ZERO)));
        lock.acquire();
        return "lock";
      }

      @Override
      public void complete() {
        lock.release();
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          assertThat(lock.isLocked()).isTrue();
          lock.release();
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
        }
        assertThat(lock).hasToString("<Lock [unlocked]>");
      }
    };
  }

  static Race semaphore(ManualLoop manual, Random random) {
    int permits = 1 + random.nextInt(2);
    var semaphore = new BoundedSemaphore(permits);
    for (int i = 0; i < permits; i++) {
      semaphore.acquire();
    }
    return new Race() {
      private Task<?> rival;

      @Override
      public Object await() {
        rival = createTask(() -> semaphore.with(() -> sleep(Duration.ZERO)));
        semaphore.acquire();
        return "permit";
      }

      @Override
      public void complete() {
        semaphore.release();
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          semaphore.release();
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
        }
        for (int i = 1; i < permits; i++) {
          semaphore.release();
        }
        assertThat(semaphore)
            .hasToString("<BoundedSemaphore [unlocked, value:%d]>".formatted(permits));
      }
    };
  }

  static Race event(ManualLoop manual, Random random) {
    var event = new Event();
    boolean cleared = random.nextBoolean();
    return new Race() {
      private boolean waits;

      @Override
      public Object await() {
        waits = true;
        event.await();
        return "set";
      }

      @Override
      public void complete() {
        event.set();
        if (cleared && waits) {
          event.clear(); // those who wait go on all the same
        }
      }

      @Override
      public void settle(Object value) {
        assertThat(event).hasToString(event.isSet() ? "<Event [set]>" : "<Event [unset]>");
      }
    };
  }

  /// A cell that holds one thing, guarded by a condition: what is signalled must be taken by the
  /// victim or the rival, and the lock be free. The signaller keeps the lock for some ticks, so
  /// that the cancellation may hit the victim while it takes the lock again.
  static Race condition(ManualLoop manual, Random random) {
    var condition = new Condition();
    int heldTicks = random.nextInt(3);
    return new Race() {
      private Task<?> rival;
      private int things;

      private void take() {
        condition.with(() -> {
          condition.waitFor(() -> things > 0);
          assertThat(condition.isLocked()).isTrue();
          things--;
        });
      }

      @Override
      public Object await() {
        rival = createTask(this::take);
        take();
        return "thing";
      }

      @Override
      public void complete() {
        createTask(() ->
            condition.with(() -> {
              things++;
              condition.signal();
              for (int i = 0; i < heldTicks; i++) {
                sleep(Duration.ZERO);
              }
            }));
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          complete();
        }
        if (rival == null) {
          rival = createTask(this::take);
        }
        Trials.awaitEnd(rival, "the rival");
        awaitRelease(condition);
        assertThat(things).isZero();
        assertThat(condition).hasToString("<Condition [unlocked]>");
      }
    };
  }

  private static void awaitRelease(Condition condition) {
    for (int i = 0; i < 5; i++) {
      sleep(Duration.ZERO); // the signaller's last ticks
    }
    assertThat(condition.isLocked()).isFalse();
  }

  /// Two have to meet. A cancelled victim leaves a barrier that two others can still pass.
  static Race barrier(ManualLoop manual, Random random) {
    var barrier = new Barrier(2);
    return new Race() {
      private Task<Integer> other;

      @Override
      public Object await() {
        return barrier.await();
      }

      @Override
      public void complete() {
        other = createTask(barrier::await);
      }

      @Override
      public void settle(Object value) {
        for (int i = 0; i < 5; i++) {
          sleep(Duration.ZERO);
        }
        if (value != null) {
          assertThat(value).isIn(0, 1);
          assertThat(other.result()).as("the other's number").isEqualTo(1 - (int) value);
        } else if (!other.isDone()) {
          assertThat(barrier.waiting()).isEqualTo(1);
          assertThat(barrier.await()).isEqualTo(1);
          Trials.awaitEnd(other, "the other party");
        }
        assertThat(barrier).hasToString("<Barrier [filling, waiters:0/2]>");
      }
    };
  }

  static Race capacity(ManualLoop manual, Random random) {
    var limiter = new CapacityLimiter(1);
    limiter.acquireFor("first");
    return new Race() {
      private Task<?> rival;

      @Override
      public Object await() {
        rival = createTask(() -> limiter.with(() -> sleep(Duration.ZERO)));
        limiter.acquireFor("victim");
        return "token";
      }

      @Override
      public void complete() {
        limiter.releaseFor("first");
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          assertThat(limiter.borrowers()).contains("victim");
          limiter.releaseFor("victim");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
        }
        assertThat(limiter).hasToString("<CapacityLimiter [borrowed:0/1, waiters:0]>");
        assertThat(limiter.available()).isEqualTo(1);
      }
    };
  }

  /// Whoever holds up the victim is cancelled, which lets it go on: permits are there for it.
  static Race rate(ManualLoop manual, Random random) {
    var limiter = new RateLimiter(1, Duration.ofHours(1), 3);
    limiter.acquire(2);
    Task<?> holder = createTask(() -> limiter.acquire(3));
    return new Race() {
      @Override
      public Object await() {
        limiter.acquire();
        return "permit";
      }

      @Override
      public void complete() {
        holder.cancel();
      }

      @Override
      public void settle(Object value) {
        Trials.awaitEnd(holder, "the holder");
        assertThat(limiter.available()).isEqualTo(value == null ? 1 : 0);
        assertThat(limiter.toString()).endsWith("waiters:0]>");
      }
    };
  }
}
