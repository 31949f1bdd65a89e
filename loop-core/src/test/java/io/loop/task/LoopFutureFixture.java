package io.loop.task;

import io.loop.testing.ManualLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// A future on a loop, and callbacks that tell of themselves.
abstract class LoopFutureFixture {

  final ManualLoop manual = new ManualLoop();
  final LoopFuture<String> future = new LoopFuture<>(manual.loop());
  final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.loop().setExceptionHandler((_, _) -> {}); // the tests below leave failures unread
    manual.close();
  }

  DoneCallback<LoopFuture<String>> logging(String text) {
    return _ -> log.add(text);
  }
}
