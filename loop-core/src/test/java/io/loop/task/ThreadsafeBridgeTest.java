package io.loop.task;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ThreadsafeBridgeTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void wrapFuture_twiceOfASubmittedBody_areSettledInOrder() {
    manual.run(() -> {
      List<String> settled = new ArrayList<>();
      CompletableFuture<Integer> outside =
          runCoroutineThreadsafe(() -> sleep(Duration.ofMillis(1), 1), manual.loop());
      for (String name : List.of("a", "b", "c")) {
        wrapFuture(outside).addDoneCallback(_ -> settled.add(name));
      }

      sleep(Duration.ofMillis(2));

      assertThat(settled).containsExactly("a", "b", "c");
    });
  }

  @Test
  void cancel_outsideBeforeTheTaskFails_leavesTheFailureUnread() {
    manual.run(() -> {
      CompletableFuture<Integer> outside =
          runCoroutineThreadsafe(ThreadsafeBridgeTest::failWhenCancelled, manual.loop());
      sleep(Duration.ZERO);
      Task<?> task = Task.all().getLast();
      sleep(Duration.ZERO);

      outside.cancel(false);
      sleep(Duration.ofMillis(1));

      assertThat(task.isUnread()).isTrue();
      assertThat(task.exception()).isInstanceOf(IOException.class);
    });
  }

  private static Integer failWhenCancelled() throws IOException {
    try {
      return sleep(Duration.ofDays(1), 1);
    } catch (CancelledError cancelled) {
      throw new IOException("gone", cancelled);
    }
  }

  @Test
  void wrapFuture_stageThatDependsOnAFailedOne_throwsTheCause() {
    var fault = new IOException("gone");
    var source = new CompletableFuture<Integer>();
    CompletableFuture<Integer> dependent = source.thenApply(value -> value + 1);
    source.completeExceptionally(fault);

    manual.run(() -> {
      assertThatThrownBy(() -> wrapFuture(dependent).await()).isSameAs(fault);
      assertThatThrownBy(() -> wrapFuture(source).await()).isSameAs(fault);
    });
    assertThatThrownBy(dependent::join).isInstanceOf(CompletionException.class);
  }

  @Test
  void wrapFuture_cancelledStage_isCancelled() {
    var source = new CompletableFuture<Integer>();
    source.cancel(false);

    manual.run(() -> assertThat(wrapFuture(source).isCancelled()).isTrue());
  }
}
