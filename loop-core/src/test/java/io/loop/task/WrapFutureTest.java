package io.loop.task;

import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WrapFutureTest {

  private static final Duration TICK = Duration.ZERO;

  private final ManualLoop manual = new ManualLoop();

  WrapFutureTest() {
    manual.setPatience(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    manual.setPatience(Duration.ZERO);
    manual.close();
  }

  @Test
  void wrap_completedByAnotherThread_givesTheResult() {
    var stage = new CompletableFuture<String>();
    var thread = new AtomicReference<CompletableFuture<Void>>();

    manual.run(() -> {
      thread.set(start(() -> stage.complete("x")));

      assertThat(Asyncio.wrapFuture(stage).await()).isEqualTo("x");
    });

    Threads.join(thread.get());
  }

  @Test
  void wrap_completedOnTheLoop_isDoneAtOnce() {
    manual.run(() -> {
      var stage = new CompletableFuture<String>();
      LoopFuture<String> wrapped = Asyncio.wrapFuture(stage);

      stage.complete("x");

      assertThat(wrapped.isDone()).isTrue();
      assertThat(wrapped.result()).isEqualTo("x");
    });
  }

  @Test
  void wrap_completedAlready_isDoneAtOnce() {
    manual.run(() ->
        assertThat(Asyncio.wrapFuture(CompletableFuture.completedFuture("x")).isDone()).isTrue());
  }

  @Test
  void wrap_failed_throwsTheVeryException() {
    var fault = new IOException("gone");

    manual.run(() -> {
      LoopFuture<String> wrapped = Asyncio.wrapFuture(CompletableFuture.failedFuture(fault));

      assertThatThrownBy(wrapped::await).isSameAs(fault);
    });
  }

  @Test
  void wrap_failedInAnEarlierStage_throwsTheVeryException() {
    var fault = new IOException("gone");

    manual.run(() -> {
      CompletableFuture<String> failed = CompletableFuture.failedFuture(fault);
      LoopFuture<Integer> wrapped = Asyncio.wrapFuture(failed.thenApply(String::length));

      assertThatThrownBy(wrapped::await).isSameAs(fault);
    });
  }

  @Test
  void wrap_stageCancelled_isCancelled() {
    manual.run(() -> {
      var stage = new CompletableFuture<String>();
      LoopFuture<String> wrapped = Asyncio.wrapFuture(stage);
      stage.cancel(false);

      assertThatThrownBy(wrapped::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void cancel_ofTheWrapper_cancelsTheStageInTheNextTick() {
    manual.run(() -> {
      var stage = new CompletableFuture<String>();
      LoopFuture<String> wrapped = Asyncio.wrapFuture(stage);

      wrapped.cancel();
      boolean atOnce = stage.isCancelled();
      sleep(TICK);

      assertThat(atOnce).isFalse();
      assertThat(stage.isCancelled()).isTrue();
    });
  }

  @Test
  void shield_ofTheWrapper_givenUp_leavesTheStageToTheOthers() {
    manual.run(() -> {
      var stage = new CompletableFuture<String>();
      LoopFuture<String> wrapped = Asyncio.wrapFuture(stage);
      Task<?> impatient = Asyncio.createTask(() -> Asyncio.shield(wrapped).await());
      sleep(TICK);

      impatient.cancel();
      assertThatThrownBy(impatient::await).isInstanceOf(CancelledError.class);
      stage.complete("x");

      assertThat(wrapped.await()).isEqualTo("x");
    });
  }

  /// Some futures stop what is behind them only if they may interrupt it.
  @Test
  void cancel_ofTheWrapper_letsTheStageInterrupt() {
    var mayInterrupt = new AtomicReference<Boolean>();
    var stage =
        new CompletableFuture<String>() {
          @Override
          public boolean cancel(boolean mayInterruptIfRunning) {
            mayInterrupt.set(mayInterruptIfRunning);
            return super.cancel(mayInterruptIfRunning);
          }
        };

    manual.run(() -> {
      Asyncio.wrapFuture(stage).cancel();
      sleep(TICK);
    });

    assertThat(mayInterrupt).hasValue(true);
  }

  @Test
  void cancel_ofATaskThatWaitsForTheJdksHttpClient_endsTheConnection() throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var asked = new CompletableFuture<Void>();
      CompletableFuture<Void> ended = start(() -> readToTheEnd(server, asked));
      URI address = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
      HttpRequest request =
          HttpRequest.newBuilder(address).version(HttpClient.Version.HTTP_1_1).build();

      manual.run(() -> {
        Task<?> exchange =
            Asyncio.createTask(() ->
                Asyncio.wrapFuture(client.sendAsync(request, BodyHandlers.ofString())).await());
        Asyncio.wrapFuture(asked).await();
        exchange.cancel();
        assertThatThrownBy(exchange::await).isInstanceOf(CancelledError.class);
      });

      Threads.join(ended);
    } finally {
      client.shutdownNow();
    }
  }

  /// Reads what a client sends, answers nothing, and returns when the client has gone.
  private static void readToTheEnd(ServerSocket server, CompletableFuture<Void> asked)
      throws IOException {
    try (Socket socket = server.accept()) {
      int first = socket.getInputStream().read();
      asked.complete(null);
      for (int next = first; next >= 0; next = socket.getInputStream().read()) {}
    } catch (SocketException reset) {
      assertThat(asked).isCompleted(); // another way to go
    }
  }

  @Test
  void wrap_completedAfterTheLoopIsClosed_isDropped() {
    var stage = new CompletableFuture<String>();
    manual.run(() -> {
      Asyncio.wrapFuture(stage);
    });
    manual.close();

    assertThat(stage.complete("x")).isTrue();
  }

  @Test
  void toCompletableFuture_copiesEveryOutcome() {
    manual.run(() -> {
      var value = new LoopFuture<String>();
      var failed = new LoopFuture<String>();
      var cancelled = new LoopFuture<String>();
      CompletableFuture<String> outsideValue = value.toCompletableFuture();
      CompletableFuture<String> outsideFailed = failed.toCompletableFuture();
      CompletableFuture<String> outsideCancelled = cancelled.toCompletableFuture();

      value.setResult("x");
      failed.setException(new IOException("gone"));
      cancelled.cancel();
      sleep(TICK);

      assertThat(outsideValue).isCompletedWithValue("x");
      assertThat(outsideFailed.exceptionNow()).hasMessage("gone");
      assertThat(outsideCancelled).isCancelled();
    });
  }

  @Test
  void toCompletableFuture_cancelledByAnotherThread_cancelsTheTask() {
    manual.run(() -> {
      var never = new LoopFuture<Void>(); // a sleep would end: the clock jumps while nobody calls
      Task<Void> task = Asyncio.createTask(() -> never.await());
      CompletableFuture<Void> outside = task.toCompletableFuture();
      sleep(TICK);

      CompletableFuture<Void> thread = start(() -> outside.cancel(false));

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      Threads.join(thread);
    });
  }
}
