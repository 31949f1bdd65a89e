package io.loop.event;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that benchmarks run on: Netty's own kind, on which its thread locals are fast, as
/// they are on its event loops.
///
/// JMH makes it by name; see [LoopBenchmark].
public final class FastThreads extends ThreadPoolExecutor {

  /// Makes the pool.
  ///
  /// @param threads how many
  /// @param prefix what their names begin with
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
