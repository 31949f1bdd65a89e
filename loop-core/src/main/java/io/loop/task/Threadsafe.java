package io.loop.task;

import io.loop.event.Droppable;
import io.loop.event.Loop;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Connects a loop's futures with futures of other threads.
final class Threadsafe {

  /*
   * Each bridge chains two futures in both directions: the source's outcome is copied to the
   * destination, and cancelling the destination cancels the source. An operation on the loop's side
   * runs immediately if the caller is on the loop, otherwise through callSoonThreadsafe. It is
   * dropped if the loop is closed.
   *
   * A future for another thread is settled at the latest when the loop closes. A submitted body is
   * a Submission until the loop has taken it, and in Bridges from then on; the loop notifies both
   * when it closes.
   *
   * asyncio's futures call their callbacks in the order in which they were added, a
   * CompletableFuture calls the latest first. The class Outside calls bridges in asyncio's order.
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

    /// Cancels this, with a message that says why.
    void loopClosed() {
      completeExceptionally(new CancellationException("Event loop is closed"));
    }
  }

  /// A body that was submitted to a loop and not yet taken.
  private static final class Submission<T extends @Nullable Object> implements Droppable {
    private final Loop loop;
    private final Coro<T> body;
    private final Outside<T> outside = new Outside<>();

    Submission(Loop loop, Coro<T> body) {
      this.loop = loop;
      this.body = body;
    }

    @Override
    public void run() {
      try {
        chain(Tasks.ensureFuture(loop, body), outside);
      } catch (Throwable refused) { // by the program's task factory
        outside.completeExceptionally(refused);
        throw refused;
      }
    }

    @Override
    public void dropped() {
      outside.loopClosed();
    }

    @Override
    public String toString() {
      return "submission of " + Repr.function(body);
    }
  }

  private Threadsafe() {}

  static <T extends @Nullable Object> CompletableFuture<T> submit(Loop loop, Coro<T> body) {
    var submission = new Submission<>(loop, Objects.requireNonNull(body, "body"));
    loop.callSoonThreadsafe(submission);
    return submission.outside;
  }

  static <T extends @Nullable Object> CompletableFuture<T> outside(LoopFuture<T> inside) {
    var outside = new Outside<T>();
    chain(inside, outside);
    return outside;
  }

  private static <T extends @Nullable Object> void chain(LoopFuture<T> inside, Outside<T> outside) {
    Bridges.Bridge<T> bridge = Bridges.of(inside.loop).add(inside, source -> copy(source, outside));
    outside.whenDone(() -> onLoop(inside.loop, () -> abandon(inside, outside, bridge)));
  }

  /// Called when the outer future is done. If the inner future did not settle it, nothing waits for
  /// the inner one any more.
  private static <T extends @Nullable Object> void abandon(
      LoopFuture<T> inside, Outside<T> outside, Bridges.Bridge<T> bridge) {
    if (!outside.isCancelled()) {
      bridge.remove();
    } else if (!LoopTasks.of(inside.loop).isClosing()) { // a closing loop ends its tasks itself
      inside.cancel();
    }
  }

  private static <T extends @Nullable Object> void copy(LoopFuture<T> source, Outside<T> outside) {
    if (!source.isDone()) {
      outside.loopClosed();
      return;
    }
    if (source.isCancelled()) {
      outside.cancel(false);
      return;
    }
    if (outside.isDone()) {
      return; // abandoned on the other side; a failure here stays unread
    }
    Throwable fault = source.exception();
    if (fault != null) {
      outside.completeExceptionally(fault);
    } else {
      outside.complete(source.result());
    }
  }

  static <T extends @Nullable Object> LoopFuture<T> wrap(Loop loop, CompletionStage<T> stage) {
    CompletableFuture<T> outside = stage.toCompletableFuture();
    var inside = new LoopFuture<T>(loop);
    inside.addDoneCallback(settled -> {
      if (settled.isCancelled()) {
        outside.cancel(true); // the JDK's HttpClient aborts its exchange for true only
      }
    });
    whenDone(outside, () -> onLoop(loop, () -> settle(inside, outside)));
    return inside;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the listeners do not fail
  private static void whenDone(CompletableFuture<?> outside, Runnable listener) {
    if (outside instanceof Outside<?> ours) {
      ours.whenDone(listener);
    } else {
      outside.whenComplete((_, _) -> listener.run());
    }
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
      loop.callSoonThreadsafe(action::run);
    } catch (IllegalStateException closed) {
      // on a closed loop there is nothing left to do
    }
  }
}
