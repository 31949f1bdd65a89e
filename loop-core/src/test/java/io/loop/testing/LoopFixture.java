package io.loop.testing;

import static io.loop.Asyncio.sleep;

import io.loop.Asyncio;
import io.loop.event.Callback;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A loop for each test of a contract, what it reports, and the ways to run it.
abstract class LoopFixture {

  static final Duration TICK = Duration.ZERO;
  static final Duration MILLI = Duration.ofMillis(1);

  final List<String> log = new ArrayList<>();
  final List<ExceptionContext> reports = new ArrayList<>();
  Loop loop;

  /// {@return a new loop, open and not running; the fixture closes it}
  abstract Loop newLoop();

  @BeforeEach
  void openLoop() {
    loop = newLoop();
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  void run(Coro.Action main) {
    Asyncio.runUntilComplete(loop, Coro.of(main));
  }

  /// Runs what is ready, and what that makes ready in the tick after.
  void runTwoTicks() {
    loop.callSoon(() -> loop.callSoon(loop::stop));
    loop.runForever();
  }

  Callback logging(String text) {
    return () -> log.add(text);
  }

  /// Waits, in the coroutine that calls it, until a condition holds; the loop runs on meanwhile.
  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(TICK);
    }
  }

  /// Blocks the coroutine that calls it while the loop runs an action and one more tick.
  void letOthersRunMeanwhile(Callback action) {
    var released = new CountDownLatch(1);
    loop.callSoon(action);
    loop.callSoon(() -> loop.callSoon(released::countDown));
    try {
      released.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
