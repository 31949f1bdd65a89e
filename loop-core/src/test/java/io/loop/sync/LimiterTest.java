package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// [CapacityLimiter] and [RateLimiter].
final class LimiterTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  @Test
  void acquire_twiceByOneTask_isRefused() {
    manual.run(() -> {
      var limiter = new CapacityLimiter(2);

      limiter.with(() ->
          assertThatThrownBy(limiter::acquire)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("would wait for itself"));

      assertThatThrownBy(limiter::release).isInstanceOf(IllegalStateException.class);
      assertThat(limiter.available()).isEqualTo(2);
    });
  }

  @Test
  void acquireFor_waitingBorrower_isRefused() {
    manual.run(() -> {
      var limiter = new CapacityLimiter(1);
      limiter.acquireFor("first");
      Task<?> waiting = createTask(() -> limiter.acquireFor("second"));
      tick();

      assertThatThrownBy(() -> limiter.tryAcquireFor("second"))
          .isInstanceOf(IllegalStateException.class);
      limiter.releaseFor("first");
      boolean overtakes = limiter.tryAcquireFor("third");
      waiting.await();

      assertThat(overtakes).isFalse();
      assertThat(limiter.borrowers()).containsExactly("second");
      assertThat(limiter.statistics())
          .isEqualTo(new CapacityLimiter.Statistics(1, 0, List.of("second"), 0));
    });
  }

  @Test
  void setTotal_whileInUse_letsMoreInOrWaits() {
    manual.run(() -> {
      var limiter = new CapacityLimiter(1);
      List<Task<?>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int number = i;
        tasks.add(createTask(() -> limiter.acquireFor(number)));
      }
      tick();
      limiter.setTotal(3);
      tick();
      var atThree = limiter.borrowers();

      limiter.setTotal(1);
      limiter.releaseFor(0);
      limiter.releaseFor(1);
      tick();
      boolean fourthBefore = tasks.get(3).isDone();
      limiter.releaseFor(2);
      tasks.get(3).await();

      assertThat(atThree).containsExactly(0, 1, 2);
      assertThat(fourthBefore).isFalse();
      assertThat(limiter.borrowers()).containsExactly(3);
      assertThat(limiter.available()).isZero();
    });
  }

  @Test
  void cancel_borrowerWithItsTokenOnTheWay_handsItOn() {
    manual.run(() -> {
      var limiter = new CapacityLimiter(1);
      limiter.acquireFor("first");
      Task<?> second = createTask(() -> limiter.acquireFor("second"));
      Task<?> third = createTask(() -> limiter.acquireFor("third"));
      tick();

      limiter.releaseFor("first");
      second.cancel();
      third.await();

      assertThat(second.isCancelled()).isTrue();
      assertThat(limiter.borrowers()).containsExactly("third");
      limiter.releaseFor("third");
      assertThat(limiter).hasToString("<CapacityLimiter [borrowed:0/1, waiters:0]>");
      assertThat(limiter.available()).isEqualTo(1);
    });
  }

  @Test
  void acquire_rate_isExactOverTime() {
    manual.run(() -> {
      var limiter = new RateLimiter(3, Duration.ofSeconds(1));
      Duration start = manual.loop().time();

      for (int i = 0; i < 3 + 3_000; i++) {
        limiter.acquire();
      }

      assertThat(manual.loop().time().minus(start))
          .isBetween(Duration.ofSeconds(1_000), Duration.ofSeconds(1_000).plusMillis(2));
    });
  }

  @Test
  void acquire_manyPermits_holdUpTheNext() {
    List<String> order = new ArrayList<>();

    manual.run(() -> {
      var limiter = new RateLimiter(1, Duration.ofSeconds(1), 5);
      limiter.acquire(5);
      Task<?> many =
          createTask(() -> {
            limiter.acquire(4);
            order.add("many");
          });
      tick();
      Task<?> one =
          createTask(() -> {
            limiter.acquire();
            order.add("one");
          });
      sleep(Duration.ofSeconds(2));
      boolean overtakes = limiter.tryAcquire();
      one.await();

      assertThat(overtakes).isFalse();
      assertThat(many.isDone()).isTrue();
      assertThat(manual.clock().time()).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
    });

    assertThat(order).containsExactly("many", "one");
  }

  @Test
  void cancel_whoeverWaitsForTheClock_handsItsPlaceOn() {
    manual.run(() -> {
      var limiter = new RateLimiter(1, Duration.ofSeconds(1), 5);
      limiter.acquire(5);
      Task<?> many = createTask(() -> limiter.acquire(5));
      tick();
      Task<?> one = createTask(() -> limiter.acquire());
      sleep(Duration.ofSeconds(2));

      many.cancel();
      tick();
      tick();
      tick();

      assertThat(many.isCancelled()).isTrue();
      assertThat(one.isDone()).isTrue();
      assertThat(limiter.available()).isEqualTo(1);
      assertThat(limiter).hasToString("<RateLimiter [1 per PT1S, burst:5, waiters:0]>");
    });
  }

  @Test
  void acquire_burst_isRefilledAfterAPause() {
    manual.run(() -> {
      var limiter = new RateLimiter(2, Duration.ofSeconds(1), 4);
      boolean all = limiter.tryAcquire(4);
      boolean more = limiter.tryAcquire();
      sleep(Duration.ofDays(400));

      assertThat(all).isTrue();
      assertThat(more).isFalse();
      assertThat(limiter.available()).isEqualTo(4);
    });
  }

  @Test
  void create_outOfRange_isRefused() {
    assertThatThrownBy(() -> new CapacityLimiter(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RateLimiter(0, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            new RateLimiter(Integer.MAX_VALUE, Duration.ofDays(100_000), Integer.MAX_VALUE - 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RateLimiter(1, Duration.ofSeconds(1)).acquire(2))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
