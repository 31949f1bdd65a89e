package io.loop.docs;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;

import io.loop.scope.Emitter;
import io.loop.scope.ExitStack;
import io.loop.scope.Generator;
import io.loop.stream.StreamReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

@SuppressWarnings("DefaultCharset") // recipes are short, and it is UTF-8
final class ScopeRecipesTest extends Recipes {

  // recipe: generator
  static void countDown(int start, Emitter<Integer> out) {
    try {
      for (int number = start; number > 0; number--) {
        out.emit(number);
        sleep(Duration.ofSeconds(1));
      }
    } finally {
      sleep(Duration.ofMillis(100));
      IO.println("closed");
    }
  }

  // end

  @Test
  void generator_isClosedWhenTheLoopIsLeft() {
    // recipe: generator
    run(() -> {
      try (Generator<Integer> numbers = Generator.of(out -> countDown(10, out))) {
        for (int number : numbers) {
          IO.println(number);
          if (number == 9) {
            break;
          }
        }
      }
    });
    // end

    assertPrints("generator", "10", "9", "closed");
  }

  // recipe: async-with
  record Session(String name) implements AutoCloseable {
    static Session open(String name) {
      sleep(Duration.ofMillis(100));
      IO.println("hello " + name);
      return new Session(name);
    }

    @Override
    public void close() {
      sleep(Duration.ofMillis(100));
      IO.println("goodbye " + name);
    }
  }

  // end

  @Test
  void resource_isClosedAfterATimeout() {
    // recipe: async-with
    run(() -> {
      try {
        timeout(
            Duration.ofMillis(300),
            () -> {
              try (var _ = Session.open("alice")) {
                sleep(Duration.ofHours(1));
              }
            });
      } catch (TimeoutException late) {
        IO.println("too late");
      }
    });
    // end

    assertPrints("async-with", "hello alice", "goodbye alice", "too late");
  }

  // recipe: shielded-close
  static void save() {
    sleep(Duration.ofMillis(200));
    IO.println("saved");
  }

  record Document() implements AutoCloseable {
    @Override
    public void close() {
      shield(createTask(() -> save())).await();
    }
  }

  // end

  @Test
  void close_shielded_isFinishedWhateverHappens() {
    // recipe: shielded-close
    run(() -> {
      try {
        timeout(
            Duration.ofMillis(100),
            () -> {
              try (var _ = new Document()) {
                IO.println("editing");
              }
            });
      } catch (TimeoutException late) {
        IO.println("not waiting for it");
      }
      sleep(Duration.ofMillis(200));
    });
    // end

    assertPrints("shielded-close", "editing", "not waiting for it", "saved");
  }

  @Test
  void exitStack_closesAllInReverseOrder() {
    // recipe: exit-stack
    run(() -> {
      try (var stack = new ExitStack()) {
        for (String name : List.of("alice", "bob")) {
          stack.enter(Session.open(name));
        }
        stack.push(() -> IO.println("leaving"));
      }
    });
    // end

    assertPrints(
        "exit-stack", "hello alice", "hello bob", "leaving", "goodbye bob", "goodbye alice");
  }

  // recipe: blocking-stream
  static void sum(StreamReader reader) {
    var scanner = new Scanner(reader.asInputStream());
    int sum = 0;
    while (scanner.hasNextInt()) {
      sum += scanner.nextInt();
    }
    IO.println("sum " + sum);
  }

  // end

  @Test
  void streams_areReadersAndReadersAreStreams() {
    // recipe: blocking-stream
    run(() -> {
      InputStream file = new ByteArrayInputStream("one\ntwo\n".getBytes());
      for (byte[] line : StreamReader.of(file)) {
        IO.println(new String(line).strip());
      }
      sum(StreamReader.of(new ByteArrayInputStream("1 2 3".getBytes())));
    });
    // end

    assertPrints("blocking-stream", "one", "two", "sum 6");
  }
}
