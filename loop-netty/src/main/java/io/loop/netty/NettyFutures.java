package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Awaits what Netty promises.
@SuppressWarnings("FutureReturnValueIgnored") // nobody asks for a channel that is given up
final class NettyFutures {

  private NettyFutures() {}

  /// Starts something on the loop's thread and waits for it. Coroutine only.
  ///
  /// Cancelling the caller cancels Netty's future, and closes the channel if it was to open one:
  /// nobody will ask for it.
  static <F extends Future<?>> F await(Loop loop, Supplier<F> start) {
    var done = new LoopFuture<@Nullable Void>(loop);
    F future =
        Tasks.onLoopThread(() -> {
          F started = start.get();
          started.addListener(_ -> settle(loop, done));
          return started;
        });
    try {
      done.await();
    } catch (CancelledError cancelled) {
      Tasks.onLoopThread(() -> giveUp(future));
      throw cancelled;
    }
    return future;
  }

  private static void settle(Loop loop, LoopFuture<@Nullable Void> done) {
    if (!loop.isClosed() && !done.isDone()) {
      done.setResult(null);
    }
  }

  private static boolean giveUp(Future<?> future) {
    boolean cancelled = future.cancel(false);
    if (future instanceof ChannelFuture opening) {
      opening.channel().close(); // one that was cancelled before it began would stay open
    }
    return cancelled;
  }
}
