package io.loop.netty.base;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How coroutines wait for Netty's futures, and give them up. Coroutines only.
public final class ChannelFutures {

  private ChannelFutures() {}

  /// Starts the opening of a channel on the loop's thread, and waits until it has succeeded or
  /// failed. Coroutine only.
  ///
  /// Cancelling the caller cancels Netty's future and closes the channel, because no code will use
  /// it.
  public static <F extends ChannelFuture> F open(Loop loop, Supplier<F> start) {
    F future = Tasks.onLoopThread(start);
    try {
      if (!future.isDone()) {
        waitFor(loop, future, null);
      }
    } catch (CancelledError cancelled) {
      Tasks.onLoopThread(() -> giveUp(future, true));
      throw cancelled;
    }
    return future;
  }

  /// Waits until a future is done; its failure is not thrown.
  public static void await(Future<?> future) {
    if (!future.isDone()) {
      waitFor(Loop.running(), future, executorOf(future));
    }
  }

  /// {@return the executor that notifies the listeners of a future, if that is known}
  public static @Nullable EventExecutor executorOf(Future<?> future) {
    return future instanceof ChannelFuture ofChannel && ofChannel.channel().isRegistered()
        ? ofChannel.channel().eventLoop()
        : null;
  }

  /// Waits until a future is done, or its executor has terminated.
  ///
  /// @param executor the executor that notifies its listeners; null if it never terminates
  public static void waitFor(Loop loop, Future<?> future, @Nullable EventExecutor executor) {
    var done = new LoopFuture<@Nullable Void>(loop);
    GenericFutureListener<Future<Object>> settled = _ -> LoopCalls.run(loop, () -> settle(done));
    GenericFutureListener<Future<Object>> ended =
        _ -> LoopCalls.run(loop, () -> endedWithout(future, done));
    Future<?> termination =
        Tasks.onLoopThread(() -> {
          listen(future, settled);
          return listenToEnd(executor, ended);
        });
    try {
      done.await();
    } finally {
      unlisten(future, settled);
      if (termination != null) {
        unlisten(termination, ended);
      }
    }
  }

  /// {@return the future that got a listener, or null: this loop's own executor does not terminate
  /// during a wait}
  private static @Nullable Future<?> listenToEnd(
      @Nullable EventExecutor executor, GenericFutureListener<Future<Object>> listener) {
    if (executor == null || executor.inEventLoop()) {
      return null;
    }
    Future<?> termination = executor.terminationFuture();
    listen(termination, listener);
    return termination;
  }

  @SuppressWarnings("unchecked") // the listener takes any future
  private static void listen(Future<?> future, GenericFutureListener<Future<Object>> listener) {
    ((Future<Object>) future).addListener(listener);
  }

  @SuppressWarnings("unchecked")
  private static void unlisten(Future<?> future, GenericFutureListener<Future<Object>> listener) {
    ((Future<Object>) future).removeListener(listener);
  }

  private static void endedWithout(Future<?> future, LoopFuture<@Nullable Void> done) {
    if (future.isDone()) {
      settle(done);
    } else if (!done.isDone()) {
      done.setException(
          new IllegalStateException(
              "the executor of " + future + " terminated before it was done"));
    }
  }

  private static void settle(LoopFuture<@Nullable Void> done) {
    if (!done.isDone()) {
      done.setResult(null);
    }
  }

  /// Cancels a future that no code waits for any more; the loop's thread.
  ///
  /// @param opening whether its channel is to be closed
  /// @return whether it was cancelled
  public static boolean giveUp(Future<?> future, boolean opening) {
    boolean cancelled = future.cancel(false);
    if (opening && future instanceof ChannelFuture ofChannel) {
      // if it was cancelled before it began, it would stay open
      var _ = ofChannel.channel().close();
    } else if (!cancelled) {
      future.addListener(ChannelFutures::dispose);
    }
    return cancelled;
  }

  private static void dispose(Future<?> late) {
    Object result = late.isSuccess() ? late.getNow() : null;
    if (result instanceof Channel channel) {
      var _ = channel.close();
    } else {
      ReferenceCountUtil.release(result);
    }
  }
}
