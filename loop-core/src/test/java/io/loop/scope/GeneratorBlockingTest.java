package io.loop.scope;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Bodies of generators that block in the JDK. On the portable carrier such a body goes on beside
/// the loop, so what it does next meets the one who asks at any moment: hence the repetitions.
final class GeneratorBlockingTest {

  private static final int ROUNDS = 300;

  private final ManualLoop manual = new ManualLoop();
  private final List<String> events = new ArrayList<>();

  @BeforeEach
  void waitForOtherThreads() {
    manual.setPatience(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void body_thatEndsRightAfterABlockingCall_isNotWaitedForForever() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int nanos = 1 + round % 1_000;
        try (Generator<Integer> none = Generator.of(_ -> Thread.sleep(0, nanos))) {
          assertThat(none.iterator().hasNext()).isFalse();
        }
      }
    });
  }

  @Test
  void body_thatEmitsRightAfterABlockingCall_handsItOver() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int nanos = 1 + round % 1_000;
        try (Generator<Integer> numbers =
            Generator.of(out -> {
              Thread.sleep(0, nanos);
              out.emit(1);
              Thread.sleep(0, nanos);
              out.emit(2);
            })) {
          assertThat(numbers).containsExactly(1, 2);
        }
      }
    });
  }

  @Test
  void body_thatFailsRightAfterABlockingCall_failsTheLoop() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int nanos = 1 + round % 1_000;
        Generator<Integer> broken =
            Generator.of(_ -> {
              Thread.sleep(0, nanos);
              throw new IOException("broken");
            });
        assertThatThrownBy(() -> broken.iterator().hasNext()).hasMessage("broken");
      }
    });
  }

  @Test
  void consumer_cancelledWhileTheBodyBlocks_interruptsIt() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        var blocked = new CountDownLatch(1);
        Task<?> consumer = createTask(() -> takeFrom(blocking(blocked)));
        blocked.await();
        sleep(Duration.ZERO);

        consumer.cancel("enough");

        assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class).hasMessage("enough");
        assertThat(Task.all()).hasSize(1);
      }
    });
    assertThat(events).hasSize(ROUNDS).containsOnly("ended");
  }

  private Generator<Integer> blocking(CountDownLatch blocked) {
    return Generator.of(_ -> {
      try {
        blocked.countDown();
        new Semaphore(0).acquire();
      } finally {
        events.add("ended");
      }
    });
  }

  private static void takeFrom(Generator<Integer> numbers) {
    try (numbers) {
      numbers.iterator().next();
    }
  }

  @Test
  void close_whoseCleanUpBlocks_waitsForIt() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        int nanos = 1 + round % 1_000;
        Generator<Integer> numbers =
            Generator.of(out -> {
              try {
                out.emit(1);
              } finally {
                Thread.sleep(0, nanos);
                events.add("cleaned up");
              }
            });
        numbers.iterator().next();

        numbers.close();

        assertThat(events).hasSize(round + 1);
      }
    });
  }

  @Test
  void consumer_thatBlocksBetweenTwoValues_getsThemAll() {
    manual.run(() -> {
      for (int round = 0; round < ROUNDS / 10; round++) {
        List<Integer> taken = new ArrayList<>();
        try (Generator<Integer> numbers =
            Generator.of(out -> {
              for (int i = 0; i < 4; i++) {
                out.emit(i);
                Thread.sleep(0, 1);
              }
            })) {
          for (int number : numbers) {
            Thread.sleep(0, 1);
            taken.add(number);
          }
        }
        assertThat(taken).containsExactly(0, 1, 2, 3);
      }
    });
  }
}
