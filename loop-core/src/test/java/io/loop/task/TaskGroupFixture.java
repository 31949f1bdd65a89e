package io.loop.task;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.base.Throwing;
import io.loop.event.ExceptionContext;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// A loop without unexpected reports, and bodies for the tasks of a group.
abstract class TaskGroupFixture {

  static final Duration TICK = Duration.ZERO;
  static final Duration HOUR = Duration.ofHours(1);

  final ManualLoop manual = new ManualLoop();
  final List<String> log = new ArrayList<>();
  final List<ExceptionContext> reports = new ArrayList<>();

  TaskGroupFixture() {
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
    assertThat(reports).isEmpty();
  }

  Coro<Void> failing(Throwable fault) {
    return () -> {
      throw Throwing.rethrow(fault);
    };
  }

  Coro<Void> stuck(String name) {
    return Coro.of(() -> {
      try {
        sleep(HOUR);
      } finally {
        log.add(name + " ends");
      }
    });
  }
}
