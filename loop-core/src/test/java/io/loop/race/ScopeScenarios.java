package io.loop.race;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.scope.ExitStack;
import io.loop.scope.Generator;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Generators and stacks of things to close, to be cancelled wherever they can be.
final class ScopeScenarios {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private ScopeScenarios() {}

  private static Generator<Integer> numbers(Ledger ledger, int last) {
    return Generator.of(out -> {
      ledger.enter("producer");
      try {
        for (int i = 1; i <= last; i++) {
          sleep(i % 2 == 0 ? TICK : MILLISECOND);
          out.emit(i);
        }
      } finally {
        try {
          sleep(TICK);
        } finally {
          ledger.leave("producer");
        }
      }
    });
  }

  static void generators(Ledger ledger) {
    try (var numbers = numbers(ledger, 3);
        Generator<Integer> squares =
            Generator.of(out -> {
              for (int number : numbers) {
                sleep(TICK);
                out.emit(number * number);
              }
            })) {
      int sum = 0;
      for (int square : squares) {
        sleep(TICK);
        sum += square;
      }
      assertThat(sum).isEqualTo(14);
    }
    try (var numbers = numbers(ledger, 100)) {
      for (int number : numbers) {
        if (number == 2) {
          break;
        }
      }
    }
  }

  static void exitStack(Ledger ledger) {
    ExitStack.run(stack -> {
      for (int i = 0; i < 3; i++) {
        sleep(TICK);
        ledger.enter("resource");
        stack.push(() -> {
          try {
            sleep(TICK);
          } finally {
            ledger.leave("resource");
          }
        });
      }
      sleep(TICK);
    });
  }

  static Race generator(ManualLoop manual, Random random) {
    var gate = new LoopFuture<@Nullable Void>();
    List<String> ended = new ArrayList<>();
    Generator<String> values =
        Generator.of(out -> {
          try {
            gate.await();
            out.emit("item");
          } finally {
            sleep(TICK);
            ended.add("producer");
          }
        });
    return new Race() {
      @Override
      public Object await() {
        return values.iterator().next();
      }

      @Override
      public void complete() {
        if (!gate.isDone()) {
          gate.setResult(null);
        }
      }

      @Override
      public void settle(Object value) {
        values.close();
        assertThat(ended.size()).isLessThanOrEqualTo(1);
        assertThat(Task.all()).as("the body has ended").doesNotHaveDuplicates().hasSize(1);
        if (value != null) {
          assertThat(value).isEqualTo("item");
          assertThat(ended).hasSize(1);
        }
      }
    };
  }
}
