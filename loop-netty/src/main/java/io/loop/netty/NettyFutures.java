package io.loop.netty;

import io.loop.event.Loop;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.LoopCalls;
import io.loop.netty.base.Rethrow;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Adapters between Netty's futures and Loop's futures and tasks.
///
/// Netty shares futures: a channel has one close future, an executor one termination future. So a
/// cancelled wait does not cancel the future. The future of an operation that the caller starts
/// belongs to the caller alone: [#await(Supplier)] cancels it.
public final class NettyFutures {

  /*
   * A waiting coroutine adds a listener, and removes it when the wait is over, for whatever reason.
   * The executor that notifies listeners may terminate first, so its termination future gets a
   * listener too.
   */

  private NettyFutures() {}

  /// {@return the result of a Netty future, after waiting for it if necessary} Coroutine only;
  /// suspends, and is a cancellation point, only if it is pending.
  ///
  /// If the future failed, throws the same exception object, undeclared (decision D7).
  ///
  /// Cancelling the caller only ends the wait. The future is not cancelled, because other code may
  /// wait for it, and its result is not released. To cancel an operation together with its caller,
  /// use [#await(Supplier)].
  ///
  /// A future does not notify its listeners once its executor has terminated. Waiting for a
  /// channel's future then fails. For other futures, use [#await(Future, EventExecutor)] if their
  /// executor may terminate.
  ///
  /// Source: `await shield(wrap_future(future))`.
  ///
  /// @param future the future, of any event loop
  /// @param <T> the type of the result
  /// @throws CancelledError if the future or the calling task was cancelled
  /// @throws IllegalStateException if the future's event loop terminated before the future was done
  public static <T extends @Nullable Object> T await(Future<? extends T> future) {
    return await(future, ChannelFutures.executorOf(future));
  }

  /// {@return the result of a Netty future, after waiting for it if necessary} Like
  /// [#await(Future)], for futures of an executor that may terminate.
  ///
  /// @param future the future
  /// @param executor the executor that notifies its listeners; null if it never terminates
  /// @param <T> the type of the result
  /// @throws CancelledError if the future or the calling task was cancelled
  /// @throws IllegalStateException if the executor terminated before the future was done
  public static <T extends @Nullable Object> T await(
      Future<? extends T> future, @Nullable EventExecutor executor) {
    if (!future.isDone()) {
      ChannelFutures.waitFor(Loop.running(), future, executor);
    }
    return outcome(future);
  }

  /// Starts an operation on the loop's thread, and waits for its result. Coroutine only; suspends,
  /// and is a cancellation point, only if the operation is not done immediately.
  ///
  /// ```java
  /// Channel channel = NettyFutures.await(pool::acquire);
  /// ```
  ///
  /// The future that the operation returns must belong to the caller alone. Cancelling the caller
  /// cancels it, and closes the channel that a connect or bind was going to open. An operation that
  /// can no longer be cancelled, such as a write that has been flushed, continues. If it still has
  /// a result, the result is released if it is reference-counted, and closed if it is a channel.
  ///
  /// If the future failed, throws the same exception object, undeclared (decision D7).
  ///
  /// Source: `await wrap_future(start())`.
  ///
  /// @param start starts the operation, and returns its future, which no other code uses
  /// @param <T> the type of the result
  /// @return the result
  /// @throws CancelledError if the future or the calling task was cancelled
  /// @throws IllegalStateException if the future's event loop terminated before the future was done
  public static <T extends @Nullable Object> T await(
      Supplier<? extends Future<? extends T>> start) {
    Future<? extends T> future = Tasks.onLoopThread(start::get);
    boolean opening = !future.isDone() && isChannelToOpen(future);
    try {
      return await(future);
    } catch (CancelledError cancelled) {
      Tasks.onLoopThread(() -> ChannelFutures.giveUp(future, opening));
      throw cancelled;
    }
  }

  /// Opens a channel: starts a bind or a connect on the loop's thread, and waits until the channel
  /// is open. Coroutine only; suspends, and is a cancellation point, only if that is not done
  /// immediately.
  ///
  /// ```java
  /// Channel server = NettyFutures.open(() -> bootstrap.bind(host, port));
  /// ```
  ///
  /// Cancelling the caller closes the channel, because no other code has it. If it cannot be
  /// opened, throws the same exception object as Netty's future has, undeclared (decision D7), and
  /// the channel is closed.
  ///
  /// @param start starts the operation, and returns its future, which no other code uses
  /// @return the open channel; the caller closes it
  /// @throws CancelledError if the calling task was cancelled
  /// @throws IllegalStateException if the channel's event loop terminated before the channel was
  ///   open
  public static Channel open(Supplier<? extends ChannelFuture> start) {
    var opened = new AtomicReference<@Nullable ChannelFuture>();
    await(() -> {
      ChannelFuture future = start.get();
      opened.set(future);
      return future;
    });
    return Objects.requireNonNull(opened.get()).channel();
  }

  private static boolean isChannelToOpen(Future<?> future) {
    return future instanceof ChannelFuture ofChannel && !ofChannel.channel().isActive();
  }

  private static <T extends @Nullable Object> T outcome(Future<? extends T> future) {
    if (future.isCancelled()) {
      throw new CancelledError();
    }
    Throwable fault = future.cause();
    if (fault != null) {
      throw Rethrow.unchecked(fault);
    }
    return future.getNow();
  }

  /// {@return a promise with the outcome of a future or task of a loop} Loop thread and coroutines
  /// of that loop only; never suspends. The promise may be used by any thread.
  ///
  /// Cancelling the promise cancels the task; to prevent that, pass `Asyncio.shield` of the task.
  /// If other code completes the promise, the task is not affected. A cancelled task cancels the
  /// promise. If the promise was made uncancellable, it fails with a [CancellationException]
  /// instead. If the loop closes while the task is pending, the promise is cancelled with the
  /// message "Event loop is closed".
  ///
  /// Source: `asyncio.run_coroutine_threadsafe`, which returns the corresponding future.
  ///
  /// @param future the future or task
  /// @param executor the executor that notifies the promise's listeners
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> Promise<T> toPromise(
      LoopFuture<T> future, EventExecutor executor) {
    Promise<T> promise = executor.newPromise();
    var used = new AtomicBoolean();
    Runnable takeBack =
        future.addBridge(source -> {
          used.set(true);
          copy(source, promise);
        });
    promise.addListener(done -> {
      if (!used.get()) {
        LoopCalls.run(future.getLoop(), done.isCancelled() ? future::cancel : takeBack);
      }
    });
    return promise;
  }

  private static <T extends @Nullable Object> void copy(LoopFuture<T> settled, Promise<T> promise) {
    if (!settled.isDone()) {
      promise.tryFailure(new CancellationException("Event loop is closed"));
      return;
    }
    if (settled.isCancelled()) {
      if (!promise.cancel(false)) {
        promise.tryFailure(new CancellationException("the task was cancelled"));
      }
      return;
    }
    if (promise.isDone()) {
      return; // cancelled; a failure of the task stays unretrieved
    }
    Throwable fault = settled.exception();
    if (fault != null) {
      promise.tryFailure(fault);
    } else {
      promise.trySuccess(settled.result());
    }
  }
}
