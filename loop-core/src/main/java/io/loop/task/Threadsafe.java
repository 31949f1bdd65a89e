package io.loop.task;

import io.loop.event.Loop;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// The doors between a loop's futures and the rest of the JVM.
final class Threadsafe {

  /*
   * Each bridge chains two futures both ways: the source's outcome is copied to the destination, and
   * cancelling the destination cancels the source. Whatever touches the loop's side is done at once
   * if the caller is on the loop, else through callSoonThreadsafe, and dropped if it is closed.
   */

  private Threadsafe() {}

  static <T extends @Nullable Object> CompletableFuture<T> submit(Loop loop, Coro<T> body) {
    Objects.requireNonNull(body, "body");
    var outside = new CompletableFuture<T>();
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

  @SuppressWarnings("FutureReturnValueIgnored") // whenComplete's function does not fail
  static <T extends @Nullable Object> void chain(
      LoopFuture<T> inside, CompletableFuture<T> outside) {
    outside.whenComplete((_, _) -> {
      if (outside.isCancelled()) {
        onLoop(inside.loop, inside::cancel);
      }
    });
    inside.addDoneCallback(settled -> copy(settled, outside));
  }

  private static <T extends @Nullable Object> void copy(
      LoopFuture<T> inside, CompletableFuture<T> outside) {
    if (inside.isCancelled()) {
      outside.cancel(false);
      return;
    }
    Throwable fault = inside.exception();
    if (fault != null) {
      outside.completeExceptionally(fault);
    } else {
      outside.complete(inside.result());
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // whenComplete's function does not fail
  static <T extends @Nullable Object> LoopFuture<T> wrap(Loop loop, CompletionStage<T> stage) {
    CompletableFuture<T> outside = stage.toCompletableFuture();
    var inside = new LoopFuture<T>(loop);
    inside.addDoneCallback(settled -> {
      if (settled.isCancelled()) {
        outside.cancel(false);
      }
    });
    outside.whenComplete((value, fault) -> onLoop(loop, () -> settle(inside, value, fault)));
    return inside;
  }

  @SuppressWarnings("NullAway") // the value is null only if T allows it
  private static <T extends @Nullable Object> void settle(
      LoopFuture<T> inside, @Nullable T value, @Nullable Throwable fault) {
    if (inside.isDone()) {
      return; // cancelled here meanwhile
    }
    if (fault instanceof CancellationException) {
      inside.cancel();
    } else if (fault != null) {
      inside.setException(unwrap(fault));
    } else {
      inside.setResult(value);
    }
  }

  private static Throwable unwrap(Throwable fault) {
    Throwable cause = fault.getCause();
    return fault instanceof CompletionException && cause != null ? cause : fault;
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
