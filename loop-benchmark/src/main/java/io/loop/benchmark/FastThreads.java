package io.loop.benchmark;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that benchmarks run on: Netty's own thread class, on which its thread locals are
/// fast, as on its event loops.
///
/// JMH creates it by name; see [LoopBenchmark].
public final class FastThreads extends ThreadPoolExecutor {

  /// Creates the pool.
  ///
  /// @param threads the number of threads
  /// @param prefix the prefix of their names
  public FastThreads(int threads, String prefix) {
    super(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new DefaultThreadFactory(prefix, true));
  }
}
