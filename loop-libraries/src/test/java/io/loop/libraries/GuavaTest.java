package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.SettableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Guava's futures, and its uninterruptible calls.
final class GuavaTest extends InCoroutines {

  @Test
  void get_inACoroutine_leavesTheLoopFree() {
    run(() -> {
      SettableFuture<String> future = SettableFuture.create();
      Task<String> waiting = createTask(() -> future.get());
      createTask(() -> future.set("a")); // on the same loop

      assertThat(waiting.await()).isEqualTo("a");
    });
  }

  @Test
  void get_cancelled_leavesTheFutureToItself() {
    run(() -> {
      SettableFuture<String> future = SettableFuture.create();
      Task<String> waiting = createTask(() -> future.get());
      turns();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      assertThat(future.isCancelled()).isFalse();
    });
  }

  @Test
  void recipe_anOutcome_isAwaited() {
    run(() -> {
      SettableFuture<String> good = SettableFuture.create();
      SettableFuture<String> bad = SettableFuture.create();
      Thread.ofPlatform().start(() -> good.set("a"));
      Thread.ofPlatform().start(() -> bad.setException(new IOException("b")));

      assertThat(wrapFuture(GuavaFutures.stageOf(good)).await()).isEqualTo("a");
      assertThatThrownBy(() -> wrapFuture(GuavaFutures.stageOf(bad)).await())
          .isInstanceOf(IOException.class)
          .hasMessage("b");
    });
  }

  @Test
  void recipe_cancelled_cancelsTheListenableFuture() {
    run(() -> {
      SettableFuture<String> future = SettableFuture.create();
      Task<String> waiting = createTask(() -> wrapFuture(GuavaFutures.stageOf(future)).await());
      turns();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      until(future::isCancelled);
    });
  }

  @Test
  void recipe_cancelledListenableFuture_cancelsTheWait() {
    run(() -> {
      SettableFuture<String> future = SettableFuture.create();
      Task<String> waiting = createTask(() -> wrapFuture(GuavaFutures.stageOf(future)).await());
      turns();

      future.cancel(true);

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void listener_ofADirectExecutor_isNotOnTheLoop() throws Exception {
    SettableFuture<String> future = SettableFuture.create();
    var seen = new CompletableFuture<@Nullable Loop>();
    run(() ->
        future.addListener(
            () -> seen.complete(Loop.runningOrNull()), MoreExecutors.directExecutor()));

    future.set("a"); // whoever sets it runs the listener

    assertThat(get(seen)).isNull();
  }

  @Test
  void uninterruptibleCall_cancelled_goesOn() {
    run(() -> {
      var queue = new ArrayBlockingQueue<String>(1);
      Task<String> waiting = createTask(() -> Uninterruptibles.takeUninterruptibly(queue));
      turns();

      waiting.cancel();
      turns();

      assertThat(waiting.isDone()).isFalse();
      queue.add("a");
      until(waiting::isDone);
    });
  }
}
