package io.loop.benchmark;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// A loop on the benchmark's thread, as a parameter of a benchmark method.
///
/// One invocation of the method runs one body. The body repeats the operation, and
/// `@OperationsPerInvocation` says how often, because starting a task and the loop takes half a
/// microsecond and more. A thread runs 64 bodies at most, so those that were entered before their
/// methods were compiled end with the warm-up.
///
/// ```java
/// @Benchmark
/// @OperationsPerInvocation(1_000)
/// public void hop(OneLoop loop) {
///   loop.run(() -> {
///     for (int i = 0; i < 1_000; i++) {
///       Asyncio.sleep(Duration.ZERO);
///     }
///   });
/// }
/// ```
///
/// The loop's poller is that of [Loop#create]. JMH creates one object for each thread that runs the
/// benchmark, which is the only thread that uses it.
@State(Scope.Thread)
public class OneLoop {

  private static final String CARRIER = "io.loop.carrier";

  private final Loop loop;

  /// Creates the loop.
  ///
  /// @throws IllegalStateException if this JVM has the portable carrier because a flag is missing
  public OneLoop() {
    requireCarrier();
    loop = Loop.create();
  }

  /// A benchmark would measure something that is a hundred times as slow, and say nothing.
  private static void requireCarrier() {
    if (Task.isPortable() && !"portable".equals(System.getProperty(CARRIER))) {
      throw new IllegalStateException(
          "This JVM lacks --add-opens=java.base/java.lang=ALL-UNNAMED, so coroutines are slow. A"
              + " @Fork of your own and -jvmArgsAppend replace the flags of LoopBenchmark: repeat"
              + " them. -D"
              + CARRIER
              + "=portable measures it as it is.");
    }
  }

  /// {@return the loop}
  public Loop loop() {
    return loop;
  }

  /// Runs a body as a task, and the loop until it has ended. Throws what the body threw.
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

  /// Closes the loop. JMH calls it.
  @TearDown
  public void close() {
    loop.close();
  }
}
