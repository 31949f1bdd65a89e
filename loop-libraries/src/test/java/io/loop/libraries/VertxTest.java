package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Vert.x 5.
final class VertxTest extends InCoroutines {

  private interface Body {
    void run(HttpPeer peer, Vertx vertx, HttpClient client) throws Exception;
  }

  private static void with(Body body) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try (var peer = new HttpPeer()) {
      run(() -> body.run(peer, vertx, vertx.createHttpClient()));
    } finally {
      vertx.close().await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static HttpClientRequest request(HttpClient client, HttpPeer peer, String path) {
    return await(client.request(HttpMethod.GET, peer.port(), "127.0.0.1", path));
  }

  // recipe: vertx
  static <T> T await(Future<T> future) {
    return wrapFuture(future.toCompletionStage()).await();
  }

  static Buffer fetch(HttpClientRequest request) {
    try {
      return await(request.send().compose(HttpClientResponse::body));
    } catch (CancelledError cancelled) {
      request.reset();
      throw cancelled;
    }
  }

  // end

  @Test
  void recipe_composed_givesTheBody() throws Exception {
    with((peer, _, client) ->
        assertThat(fetch(request(client, peer, "/"))).hasToString(HttpPeer.ANSWER));
  }

  @Test
  void recipe_cancelled_endsTheConnection() throws Exception {
    with((peer, _, client) -> {
      HttpClientRequest request = request(client, peer, "/slow");
      Task<Buffer> waiting = createTask(() -> fetch(request));
      wrapFuture(peer.asked()).await();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      wrapFuture(peer.gone()).await();
    });
  }

  @Test
  void stage_cancelled_leavesTheRequest() throws Exception {
    with((peer, _, client) -> {
      HttpClientRequest request = request(client, peer, "/slow");
      Task<HttpClientResponse> waiting = createTask(() -> await(request.send()));
      wrapFuture(peer.asked()).await();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      turns();
      assertThat(peer.gone()).isNotDone();
    });
  }

  @Test
  void body_askedForAfterTheAwait_isEmpty() throws Exception {
    with((peer, _, client) -> {
      HttpClientRequest request = request(client, peer, "/");
      var ended = new CompletableFuture<@Nullable Void>();
      request.connection().closeHandler(ended::complete); // the peer closes behind its answer

      HttpClientResponse response = await(request.send());
      wrapFuture(ended).await(); // what may happen before the coroutine goes on

      assertThat(await(response.body())).hasToString(""); // not "hello", and no error
    });
  }

  @Test
  void current_inACallback_isTheLoopOfVertxsThread() throws Exception {
    with((_, vertx, _) -> {
      var first = new CompletableFuture<Loop>();
      var second = new CompletableFuture<Loop>();
      var done = new CompletableFuture<String>();
      vertx.runOnContext(_ -> {
        Loop loop = NettyLoop.current();
        first.complete(loop);
        var _ =
            runCoroutineThreadsafe(
                    () -> {
                      Asyncio.sleep(Duration.ofMillis(1));
                      second.complete(NettyLoop.current());
                      return "a";
                    },
                    loop)
                .thenAccept(done::complete);
      });

      assertThat(wrapFuture(done).await()).isEqualTo("a");
      assertThat(wrapFuture(second).await()).isSameAs(wrapFuture(first).await());
    });
  }

  @Test
  void close_ofVertx_cancelsTheTasksOfItsLoops() throws Exception {
    var cancelled = new CompletableFuture<@Nullable Void>();
    with((_, vertx, _) -> {
      var started = new CompletableFuture<@Nullable Void>();
      Coro<@Nullable Void> body =
          Coro.of(() -> {
            started.complete(null);
            try {
              Asyncio.sleep(Duration.ofDays(1));
            } finally {
              cancelled.complete(null);
            }
          });
      vertx.runOnContext(_ -> {
        var _ = runCoroutineThreadsafe(body, NettyLoop.current());
      });
      wrapFuture(started).await();
    });

    get(cancelled);
  }
}
