package io.loop.task;

import io.loop.event.Callback;
import io.loop.event.Loop;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// A loop of ours on the benchmark's thread, for benchmarks of which one invocation is one body.
@State(Scope.Thread)
public class OneLoop {

  private final Loop loop = Loop.create();

  /// {@return the loop}
  public Loop loop() {
    return loop;
  }

  /// Runs a body as a task, and the loop until it has ended.
  ///
  /// @param body what to run
  public void run(Coro.Action body) {
    Tasks.runUntilComplete(loop, Coro.of(body));
  }

  /// Runs something as a callback, and the loop for one tick.
  ///
  /// @param callback what to run
  public void runCallback(Callback callback) {
    loop.callSoon(callback);
    loop.stop();
    loop.runForever();
  }

  /// Closes the loop.
  @TearDown
  public void close() {
    loop.close();
  }
}
