package io.loop.event;

import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import java.util.concurrent.TimeUnit;

/// Netty event loops without input and output that the benchmark's thread owns and runs.
public final class ManualEventLoops {

  private ManualEventLoops() {}

  /// {@return an event loop of the calling thread}
  public static ManualIoEventLoop create() {
    return new ManualIoEventLoop(Thread.currentThread(), LocalIoHandler.newFactory());
  }

  /// Ends an event loop of the calling thread.
  ///
  /// @param eventLoop the event loop
  public static void close(ManualIoEventLoop eventLoop) {
    var _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
    while (!eventLoop.isTerminated()) {
      eventLoop.runNow();
    }
  }
}
