package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AwaitSiteTest {

  private static final Duration TICK = Duration.ZERO;

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static Task<@Nullable Void> failing(Throwable fault) {
    return createTask(() -> {
      sleep(TICK);
      if (fault instanceof Error error) {
        throw error;
      }
      throw (Exception) fault;
    });
  }

  private static void awaitHere(LoopFuture<?> future) {
    future.await();
  }

  @Test
  void await_thatFails_namesTheAwaitingPlaceBesideTheFailingOne() {
    manual.run(() -> {
      Task<@Nullable Void> child = failing(new IOException("x"));
      Task<@Nullable Void> parent =
          createTask(Coro.of(() -> awaitHere(child)), TaskOptions.named("parent"));

      Throwable fault = catchThrowable(parent::await);

      assertThat(fault).isInstanceOf(IOException.class);
      Throwable site = fault.getSuppressed()[0];
      assertThat(site).hasToString("awaited by task parent");
      assertThat(site.getStackTrace()[0].getMethodName()).isEqualTo("await");
      assertThat(site.getStackTrace()[1].getMethodName()).isEqualTo("awaitHere");
      assertThat(fault.getSuppressed()).hasSize(2);
    });
  }

  @Test
  void await_ofWhatHasFailedAlready_namesTheAwaitingPlaceToo() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      var fault = new IOException("x");
      future.setException(fault);

      assertThat(catchThrowable(() -> awaitHere(future))).isSameAs(fault);

      assertThat(fault.getSuppressed()[0].getStackTrace()[1].getMethodName())
          .isEqualTo("awaitHere");
    });
  }

  @Test
  void await_ofOneFailureByMany_addsFewPlaces() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      var fault = new IOException("x");
      future.setException(fault);

      for (int i = 0; i < 100; i++) {
        assertThat(catchThrowable(future::await)).isSameAs(fault);
      }

      assertThat(fault.getSuppressed()).hasSize(8);
    });
  }

  @Test
  void await_thatIsCancelled_addsNothing() {
    manual.run(() -> {
      Task<@Nullable Void> child = failing(new CancelledError("x"));

      assertThat(catchThrowable(child::await).getSuppressed()).isEmpty();
    });
  }

  @Test
  void result_whichIsNoAwait_addsNothing() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      var fault = new IOException("x");
      future.setException(fault);

      assertThat(catchThrowable(future::result)).hasNoSuppressedExceptions();
    });
  }
}
