package io.loop.scope;

import static io.loop.Asyncio.sleep;

import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// A loop, what happened on it, and a generator that counts.
abstract class GeneratorFixture {

  final ManualLoop manual = new ManualLoop();
  final List<String> events = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  Generator<Integer> counting(int last) {
    return Generator.of(out -> {
      try {
        for (int i = 1; i <= last; i++) {
          events.add("make " + i);
          out.emit(i);
        }
        events.add("exhausted");
      } finally {
        events.add("before clean-up");
        sleep(Duration.ofMillis(10));
        events.add("cleaned up");
      }
    });
  }
}
