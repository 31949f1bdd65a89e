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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Generators that take their values from other generators, in chains that are longer than the
/// stack of the loop's thread has room for.
final class GeneratorNestingTest {

  private final ManualLoop manual = new ManualLoop();
  private int closed;

  @AfterEach
  void close() {
    manual.close();
  }

  /// A chain of so many generators, each of which hands on what the one below gives.
  private Generator<Integer> chain(int depth, Generator.Body<Integer> innermost) {
    Generator<Integer> top = Generator.of(innermost);
    for (int i = 0; i < depth; i++) {
      Generator<Integer> below = top;
      top =
          Generator.of(out -> {
            try (below) {
              below.forEach(out::emit);
            } finally {
              closed++;
            }
          });
    }
    return top;
  }

  private static void threeValues(Emitter<Integer> out) {
    for (int i = 1; i <= 3; i++) {
      out.emit(i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 30, 31, 32, 33, 34, 2_000})
  void chain_givesItsValues(int depth) {
    manual.run(() -> {
      try (var numbers = chain(depth, GeneratorNestingTest::threeValues)) {
        assertThat(numbers).containsExactly(1, 2, 3);
      }
      assertThat(Task.all()).hasSize(1);
    });
    assertThat(closed).isEqualTo(depth);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 30, 31, 32, 33, 34, 2_000})
  void chain_leftEarly_closesAll(int depth) {
    manual.run(() -> {
      try (var numbers = chain(depth, GeneratorNestingTest::threeValues)) {
        assertThat(numbers.iterator().next()).isEqualTo(1);
      }
      assertThat(closed).isEqualTo(depth);
      assertThat(Task.all()).hasSize(1);
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 33, 2_000})
  void chain_thatFails_failsTheLoop(int depth) {
    manual.run(() -> {
      try (var numbers =
          chain(
              depth,
              out -> {
                out.emit(1);
                throw new IOException("broken");
              })) {
        assertThatThrownBy(() -> numbers.forEach(_ -> {})).hasMessage("broken");
      }
      assertThat(Task.all()).hasSize(1);
    });
    assertThat(closed).isEqualTo(depth);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 33, 100})
  void chain_cancelledInAnyTick_endsWhole(int depth) {
    for (int ticks = 0; ticks < 12; ticks++) {
      int last = ticks;
      closed = 0;
      List<Integer> taken = new ArrayList<>();
      manual.run(() -> {
        Task<?> consumer =
            createTask(() -> {
              try (var numbers =
                  chain(
                      depth,
                      out -> {
                        sleep(Duration.ZERO);
                        threeValues(out);
                        sleep(Duration.ofHours(1));
                      })) {
                numbers.forEach(taken::add);
              }
            });
        for (int i = 0; i < last; i++) {
          sleep(Duration.ZERO);
        }

        consumer.cancel();

        assertThatThrownBy(consumer::await).isInstanceOf(CancelledError.class);
        assertThat(Task.all()).as("after %s ticks", last).hasSize(1);
      });
      assertThat(taken).isIn(List.of(), List.of(1), List.of(1, 2), List.of(1, 2, 3));
      assertThat(closed).isLessThanOrEqualTo(depth);
    }
  }
}
