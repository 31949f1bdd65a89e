package io.loop.scope;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class GeneratorTest extends GeneratorFixture {

  @Test
  void values_areMadeWhenTheLoopAsksForThem() {
    manual.run(() -> {
      try (var numbers = counting(2)) {
        for (int number : numbers) {
          events.add("take " + number);
        }
      }
    });

    assertThat(events)
        .containsExactly(
            "make 1", "take 1", "make 2", "take 2", "exhausted", "before clean-up", "cleaned up");
  }

  @Test
  void values_withoutAnAwait_letNothingElseRunBetween() {
    manual.run(() -> {
      Task<?> other = createTask(() -> events.add("other"));
      try (Generator<Integer> numbers =
          Generator.of(out -> {
            out.emit(1);
            out.emit(2);
          })) {
        numbers.forEach(number -> events.add("take " + number));
      }
      events.add("left");
      other.await();
    });

    assertThat(events).containsExactly("take 1", "take 2", "left", "other");
  }

  @Test
  void body_thatAwaits_letsOthersRunAndHandsOverAllTheSame() {
    manual.run(() -> {
      Task<?> other =
          createTask(() -> {
            sleep(Duration.ofMillis(5));
            events.add("other");
          });
      try (Generator<Integer> numbers =
          Generator.of(out -> {
            sleep(Duration.ofMillis(10));
            out.emit(1);
            sleep(Duration.ofMillis(10));
            out.emit(2);
          })) {
        numbers.forEach(number -> events.add("take " + number));
      }
      other.await();
    });

    assertThat(events).containsExactly("other", "take 1", "take 2");
  }

  @Test
  void null_isAValue() {
    manual.run(() -> {
      List<@Nullable String> taken = new ArrayList<>();
      try (Generator<@Nullable String> values =
          Generator.of(out -> {
            out.emit(null);
            out.emit("a");
          })) {
        for (@Nullable String value : values) {
          taken.add(value);
        }
      }
      assertThat(taken).isEqualTo(Arrays.asList(null, "a"));
    });
  }

  @Test
  void stream_takesWhatItNeeds() {
    manual.run(() -> {
      try (var numbers = counting(100)) {
        assertThat(numbers.stream().filter(number -> number % 2 == 0).limit(2))
            .containsExactly(2, 4);
      }
    });

    assertThat(events)
        .containsExactly("make 1", "make 2", "make 3", "make 4", "before clean-up", "cleaned up");
  }

  @Test
  void stream_closed_closesTheGenerator() {
    manual.run(() -> {
      try (var numbers = counting(100).stream()) {
        assertThat(numbers.findFirst()).hasValue(1);
      }
    });

    assertThat(events).containsExactly("make 1", "before clean-up", "cleaned up");
  }

  @Test
  void loop_leftEarly_endsTheBodyAndWaitsForItsCleanUp() {
    manual.run(() -> {
      try (var numbers = counting(100)) {
        for (int number : numbers) {
          if (number == 2) {
            break;
          }
        }
      }
      events.add("left");
      assertThat(Task.all()).hasSize(1);
    });

    assertThat(events).containsExactly("make 1", "make 2", "before clean-up", "cleaned up", "left");
  }

  @Test
  void close_withoutAnAwaitInTheCleanUp_doesNotSuspend() {
    manual.run(() -> {
      createTask(() -> events.add("other"));
      Generator<Integer> numbers =
          Generator.of(out -> {
            try {
              out.emit(1);
            } finally {
              events.add("cleaned up");
            }
          });
      numbers.iterator().next();
      numbers.close();
      events.add("closed");
    });

    assertThat(events).containsExactly("cleaned up", "closed", "other");
  }

  @Test
  void close_beforeTheFirstValue_runsNothing() {
    manual.run(() -> {
      var numbers = counting(2);

      numbers.close();

      assertThat(numbers).isEmpty();
    });
    assertThat(events).isEmpty();
  }

  @Test
  void close_twice_doesNothing() {
    manual.run(() -> {
      var numbers = counting(2);
      numbers.iterator().next();
      numbers.close();
      events.clear();

      numbers.close();

      assertThat(numbers.iterator().hasNext()).isFalse();
    });
    assertThat(events).isEmpty();
  }

  @Test
  void failure_ofTheBody_arrivesInTheLoopOnce() {
    manual.run(() -> {
      try (Generator<Integer> numbers =
          Generator.of(out -> {
            out.emit(1);
            throw new IOException("broken");
          })) {
        Iterator<Integer> values = numbers.iterator();
        assertThat(values.next()).isEqualTo(1);

        assertThatThrownBy(values::hasNext).isInstanceOf(IOException.class).hasMessage("broken");

        assertThat(values.hasNext()).isFalse();
        assertThatThrownBy(values::next).isInstanceOf(NoSuchElementException.class);
      }
    });
  }

  @Test
  void failure_ofTheCleanUp_isThrownByClose() {
    manual.run(() -> {
      Generator<Integer> numbers =
          Generator.of(out -> {
            try {
              out.emit(1);
            } finally {
              sleep(Duration.ofMillis(1));
              failWith("clean-up");
            }
          });
      numbers.iterator().next();

      assertThatThrownBy(numbers::close).isInstanceOf(IOException.class).hasMessage("clean-up");

      numbers.close();
    });
  }

  private static void failWith(String message) throws IOException {
    throw new IOException(message);
  }

  @Test
  void failure_ofTheLoop_closesTheBodyAndGoesOn() {
    manual.run(() -> {
      assertThatThrownBy(
              () -> {
                try (var numbers = counting(9)) {
                  for (int number : numbers) {
                    throw new IOException("at " + number);
                  }
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessage("at 1");
    });
    assertThat(events).containsExactly("make 1", "before clean-up", "cleaned up");
  }

  @Test
  void emit_whileItIsClosed_isRefused() {
    manual.run(() -> {
      Generator<Integer> stubborn =
          Generator.of(out -> {
            try {
              out.emit(1);
            } catch (CancelledError closed) {
              out.emit(2);
            }
          });
      stubborn.iterator().next();

      assertThatThrownBy(stubborn::close)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    });
  }

  @Test
  void emit_byAnotherTask_isRefused() {
    manual.run(() -> {
      Generator<Integer> numbers = Generator.of(out -> createTask(() -> out.emit(1)).await());

      assertThatThrownBy(() -> numbers.iterator().next())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("body");
    });
  }

  @Test
  void secondTask_whileTheFirstWaits_isRefused() {
    manual.run(() -> {
      Generator<Integer> numbers =
          Generator.of(out -> {
            sleep(Duration.ofMillis(10));
            out.emit(1);
          });
      Task<Integer> first = createTask(() -> numbers.iterator().next());
      sleep(Duration.ZERO);

      assertThatThrownBy(() -> numbers.iterator().next())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already running");
      assertThatThrownBy(numbers::close).isInstanceOf(IllegalStateException.class);
      assertThat(first.await()).isEqualTo(1);
      numbers.close();
    });
  }

  @Test
  void body_thatAsksItself_isRefused() {
    manual.run(() -> {
      List<Generator<Integer>> self = new ArrayList<>();
      self.add(Generator.of(out -> out.emit(self.getFirst().iterator().next())));

      assertThatThrownBy(() -> self.getFirst().iterator().next())
          .isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void generators_nest() {
    manual.run(() -> {
      try (Generator<Integer> squares =
          Generator.of(out -> {
            try (var numbers = counting(9)) {
              for (int number : numbers) {
                out.emit(number * number);
              }
            }
          })) {
        for (int square : squares) {
          if (square == 4) {
            break;
          }
        }
      }
    });

    assertThat(events).containsExactly("make 1", "make 2", "before clean-up", "cleaned up");
  }

  @Test
  void body_thatBlocks_isWaitedFor() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      try (Generator<Integer> numbers =
          Generator.of(out -> {
            Thread.sleep(2);
            out.emit(1);
            Thread.sleep(2);
          })) {
        assertThat(numbers).containsExactly(1);
      }
    });
  }

  @Test
  void generator_leftOpen_isEndedWithTheRun() {
    manual.run(() -> {
      var numbers = counting(9);
      numbers.iterator().next();
      Task<?> body = Task.all().getLast();

      body.cancel(); // as a runner does at its end

      assertThatThrownBy(body::await).isInstanceOf(CancelledError.class);
      assertThatThrownBy(() -> numbers.iterator().next()).isInstanceOf(CancelledError.class);
      numbers.close();
    });
    assertThat(events).containsExactly("make 1", "before clean-up", "cleaned up");
  }

  @Test
  void ask_outsideACoroutine_isRefused() {
    manual.run(() -> {
      var refused = new LoopFuture<Throwable>();
      var numbers = counting(1);
      Loop.running()
          .callSoon(() -> {
            try {
              numbers.iterator().next();
            } catch (IllegalStateException fault) {
              refused.setResult(fault);
            }
          });

      assertThat(refused.await()).hasMessageContaining("coroutine");
    });
  }

  @Test
  void callGraph_hasTheConsumerWaitForTheBody() {
    manual.run(() -> {
      Generator<Integer> numbers = Generator.of(out -> sleep(Duration.ofMillis(10)));
      Task<?> consumer = createTask(() -> numbers.iterator().hasNext());
      sleep(Duration.ZERO);

      assertThat(Task.all().getLast().awaitedBy()).containsExactly(consumer);
      consumer.await();
    });
  }
}
