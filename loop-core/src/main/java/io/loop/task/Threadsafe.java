package io.loop.task;

import io.loop.event.Loop;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// The doors between a loop's futures and the rest of the JVM.
final class Threadsafe {

  /*
   * Each bridge chains two futures both ways: the source's outcome is copied to the destination, and
   * cancelling the destination cancels the source. Whatever touches the loop's side is done at once
   * if the caller is on the loop, else through callSoonThreadsafe, and dropped if it is closed.
   *
   * asyncio's futures tell their listeners in the order in which they came, a CompletableFuture
   * tells the latest first. One that we make keeps to asyncio's order among the bridges.
   */

  private static final class Outside<T extends @Nullable Object> extends CompletableFuture<T> {
    private CompletableFuture<?> last = this;

    synchronized void whenDone(Runnable listener) {
      last =
          last.handle((_, _) -> {
            listener.run();
            return null;
          });
    }
  }

  private Threadsafe() {}

  static <T extends @Nullable Object> CompletableFuture<T> submit(Loop loop, Coro<T> body) {
    Objects.requireNonNull(body, "body");
    var outside = new Outside<T>();
    loop.callSoonThreadsafe(() -> start(loop, body, outside));
    return outside;
  }

  private static <T extends @Nullable Object> void start(
      Loop loop, Coro<T> body, CompletableFuture<T> outside) {
    try {
      chain(Tasks.ensureFuture(loop, body), outside);
    } catch (RuntimeException refused) {
      outside.completeExceptionally(refused);
      throw refused;
    }
  }

  static <T extends @Nullable Object> CompletableFuture<T> outside(LoopFuture<T> inside) {
    var outside = new Outside<T>();
    chain(inside, outside);
    return outside;
  }

  static <T extends @Nullable Object> void chain(
      LoopFuture<T> inside, CompletableFuture<T> outside) {
    whenDone(
        outside,
        () -> {
          if (outside.isCancelled()) {
            onLoop(inside.loop, inside::cancel);
          }
        });
    inside.addDoneCallback(settled -> copy(settled, outside));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the listeners do not fail
  private static void whenDone(CompletableFuture<?> outside, Runnable listener) {
    if (outside instanceof Outside<?> ours) {
      ours.whenDone(listener);
    } else {
      outside.whenComplete((_, _) -> listener.run());
    }
  }

  private static <T extends @Nullable Object> void copy(
      LoopFuture<T> inside, CompletableFuture<T> outside) {
    if (inside.isCancelled()) {
      outside.cancel(false);
      return;
    }
    if (outside.isDone()) {
      return; // given up there; a failure here stays unread
    }
    Throwable fault = inside.exception();
    if (fault != null) {
      outside.completeExceptionally(fault);
    } else {
      outside.complete(inside.result());
    }
  }

  static <T extends @Nullable Object> LoopFuture<T> wrap(Loop loop, CompletionStage<T> stage) {
    CompletableFuture<T> outside = stage.toCompletableFuture();
    var inside = new LoopFuture<T>(loop);
    inside.addDoneCallback(settled -> {
      if (settled.isCancelled()) {
        outside.cancel(false);
      }
    });
    whenDone(outside, () -> onLoop(loop, () -> settle(inside, outside)));
    return inside;
  }

  private static <T extends @Nullable Object> void settle(
      LoopFuture<T> inside, CompletableFuture<T> outside) {
    if (inside.isDone()) {
      return; // cancelled here meanwhile
    }
    switch (outside.state()) {
      case CANCELLED -> inside.cancel();
      case FAILED -> inside.setException(outside.exceptionNow());
      default -> inside.setResult(outside.resultNow());
    }
  }

  private static void onLoop(Loop loop, Runnable action) {
    if (loop.isOnLoop()) {
      action.run();
      return;
    }
    try {
      loop.callSoonThreadsafe(action);
    } catch (IllegalStateException closed) {
      // a closed loop has nobody left to tell
    }
  }
}
