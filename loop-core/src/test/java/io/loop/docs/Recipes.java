package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.testing.ManualLoop;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// What the recipes of `docs/asyncio.md` share: a `run` on virtual time, and what they print.
abstract class Recipes {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Page page = Page.of("asyncio.md");
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream console = System.out;

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(console);
  }

  /// As [Asyncio#run(io.loop.task.Awaitable)], but sleeping takes no time.
  static <T> T run(Coro<T> main) {
    return Asyncio.run(main, options());
  }

  /// As [Asyncio#run(Coro.Action)], but sleeping takes no time.
  static void run(Coro.Action main) {
    Asyncio.run(Coro.of(main), options());
  }

  static Runner.Options options() {
    return Runner.Options.DEFAULT.withoutSignals().withLoopFactory(Recipes::newLoop);
  }

  private static Loop newLoop() {
    var manual = new ManualLoop();
    manual.setPatience(PATIENCE);
    return manual.loop();
  }

  /// Fails unless the recipe has printed these lines, and the page says so.
  void assertPrints(String recipe, String... lines) {
    assertThat(printed.toString(StandardCharsets.UTF_8).lines()).containsExactly(lines);
    assertThat(page.block(recipe, "text")).containsExactly(lines);
  }
}
