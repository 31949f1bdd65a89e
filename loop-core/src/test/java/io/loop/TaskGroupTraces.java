package io.loop;

import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Coro;

/// A recorder of what happens, and bodies that end well, fail or wait until they are cancelled.
abstract class TaskGroupTraces {

  final TraceRecorder recorder = new TraceRecorder();

  void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  void log(Object... parts) {
    recorder.log(parts);
  }

  Coro<String> ok(String name, int ticks) {
    return recorder.ok(name, ticks);
  }

  Coro<String> bad(String name, int ticks) {
    return recorder.bad(name, ticks);
  }

  Coro<String> bad(String name, int ticks, RuntimeException fault) {
    return recorder.bad(name, ticks, fault);
  }

  Coro<String> stuck(String name, int cleanUpTicks) {
    return recorder.stuck(name, cleanUpTicks);
  }

  Coro<String> stuck(String name, int cleanUpTicks, RuntimeException instead) {
    return recorder.stuck(name, cleanUpTicks, instead);
  }
}
