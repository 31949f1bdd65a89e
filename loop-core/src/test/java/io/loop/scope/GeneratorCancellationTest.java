package io.loop.scope;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Generators whose consumer is cancelled or out of time.
final class GeneratorCancellationTest extends GeneratorFixture {

  private static final Duration LONG = Duration.ofHours(1);

  @Test
  void consumer_cancelledWhileItWaits_cancelsTheBodyThere() {
    manual.run(() -> {
      Task<?> consumer =
          createTask(() -> {
            try (Generator<Integer> numbers =
                Generator.of(out -> {
                  try {
                    sleep(LONG);
                  } catch (CancelledError cancelled) {
                    events.add("body: " + cancelled.getMessage());
                    throw cancelled;
                  }
                })) {
              for (int number : numbers) {
                events.add("take " + number);
              }
            }
          });
      sleep(Duration.ofMillis(1));

      consumer.cancel("enough");

      assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class).hasMessage("enough");
      assertThat(consumer.isCancelled()).isTrue();
      assertThat(Task.all()).hasSize(1);
    });
    assertThat(events).containsExactly("body: enough");
  }

  @Test
  void consumer_cancelledWhileItWaits_goesOnIfTheBodyAbsorbsIt() {
    manual.run(() -> {
      Task<Integer> consumer =
          createTask(() -> {
            try (Generator<Integer> numbers =
                Generator.of(out -> {
                  try {
                    sleep(LONG);
                  } catch (CancelledError cancelled) {
                    out.emit(7);
                  }
                })) {
              return numbers.iterator().next();
            }
          });
      sleep(Duration.ofMillis(1));

      consumer.cancel();

      assertThat(consumer.await()).isEqualTo(7);
    });
  }

  @Test
  void consumer_cancelledInItsBody_leavesTheGeneratorSuspendedUntilItIsClosed() {
    manual.run(() -> {
      Task<?> consumer =
          createTask(() -> {
            try (var numbers = counting(9)) {
              for (int number : numbers) {
                try {
                  sleep(LONG);
                } finally {
                  events.add("consumer leaves at " + number);
                }
              }
            }
          });
      sleep(Duration.ofMillis(1));

      consumer.cancel();

      assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class);
    });
    assertThat(events)
        .containsExactly("make 1", "consumer leaves at 1", "before clean-up", "cleaned up");
  }

  @Test
  void consumer_cancelledWhileItCloses_cancelsTheCleanUp() {
    manual.run(() -> {
      Task<?> consumer =
          createTask(() -> {
            try (var numbers = counting(9)) {
              numbers.iterator().next();
            }
          });
      sleep(Duration.ofMillis(1)); // in the clean-up, which takes ten

      consumer.cancel("enough");

      assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class).hasMessage("enough");
      assertThat(Task.all()).hasSize(1);
    });
    assertThat(events).containsExactly("make 1", "before clean-up");
  }

  @Test
  void consumer_cancelledInTheTickOfAValue_losesNone() {
    manual.run(() -> {
      var gate = new LoopFuture<@Nullable Void>();
      Generator<Integer> numbers =
          Generator.of(out -> {
            gate.await();
            out.emit(1);
            out.emit(2);
          });
      Task<?> consumer = createTask(() -> numbers.iterator().next());
      sleep(Duration.ZERO);
      gate.setResult(null);
      sleep(Duration.ZERO);
      consumer.cancel(); // the value is there, the consumer is in the ready queue

      assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class);

      assertThat(numbers).containsExactly(1, 2);
    });
  }

  @Test
  void timeout_aroundTheLoop_endsTheBody() {
    manual.run(() ->
        assertThatThrownBy(() ->
                timeout(
                    Duration.ofMillis(25),
                    () -> {
                      try (Generator<Integer> ticks =
                          Generator.of(out -> {
                            try {
                              for (int i = 0; ; i++) {
                                sleep(Duration.ofMillis(10));
                                out.emit(i);
                              }
                            } finally {
                              events.add("ended");
                            }
                          })) {
                        ticks.forEach(i -> events.add("tick " + i));
                      }
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(events).containsExactly("tick 0", "tick 1", "ended");
  }

  @Test
  void timeout_inTheBody_meetsTheBodyAlone() {
    manual.run(() -> {
      try (Generator<String> values =
          Generator.of(out -> {
            try {
              timeout(
                  Duration.ofMillis(10),
                  () -> {
                    out.emit("in time");
                    sleep(LONG);
                  });
            } catch (TimeoutException late) {
              out.emit("late");
            }
          })) {
        for (String value : values) {
          events.add(value);
          sleep(Duration.ofMillis(50));
        }
      }
    });

    assertThat(events).containsExactly("in time", "late");
  }
}
