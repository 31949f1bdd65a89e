package io.loop.task;

import io.loop.event.Droppable;
import io.loop.event.Loop;
import java.util.Objects;
import java.util.concurrent.CancellationException;
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
   * A future that another thread has is settled by the end of its loop at the latest. What was
   * submitted is a Submission until the loop has taken it, and in Bridges from then on; the loop tells
   * both when it closes.
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

    /// Cancels this, and says why.
    void loopClosed() {
      completeExceptionally(new CancellationException("Event loop is closed"));
    }
  }

  /// A body that is on its way to a loop.
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
      } catch (Throwable refused) { // by the task factory, which is the program's
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

  /// The outer future is done. If the inner one has not done it, nobody waits for that any more.
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
      return; // given up there; a failure here stays unread
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
        outside.cancel(true); // the JDK's HttpClient ends its exchange at this, and not at false
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
      // a closed loop has nobody left to tell
    }
  }
}
