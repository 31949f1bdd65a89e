package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyLoop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/// Reactor Netty's client and server.
final class ReactorNettyTest extends InCoroutines {

  private static final Duration NONE = Duration.ZERO;

  @Test
  void get_awaited_givesTheBody() throws Exception {
    try (var peer = new HttpPeer();
        var own = new Resources()) {
      run(() -> {
        Mono<String> body =
            own.client().get().uri(peer.quick()).responseContent().aggregate().asString();

        assertThat(wrapFuture(body.toFuture()).await()).isEqualTo(HttpPeer.ANSWER);
      });
    }
  }

  @Test
  void get_cancelled_endsTheConnection() throws Exception {
    try (var peer = new HttpPeer();
        var own = new Resources()) {
      run(() -> {
        Mono<String> body =
            own.client().get().uri(peer.slow()).responseContent().aggregate().asString();
        Task<String> waiting = createTask(() -> wrapFuture(body.toFuture()).await());
        wrapFuture(peer.asked()).await();

        waiting.cancel();

        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        wrapFuture(peer.gone()).await();
      });
    }
  }

  @Test
  void handler_onTheLoopOfItsThread_isACoroutine() throws Exception {
    var loop = new CompletableFuture<Loop>();
    var started = new CompletableFuture<@Nullable Void>();
    var cancelled = new CompletableFuture<@Nullable Void>();
    try (var own = new Resources()) {
      DisposableServer server =
          HttpServer.create()
              .host("127.0.0.1")
              .port(0)
              .runOn(own.loops)
              .route(routes ->
                  routes
                      .get(
                          "/",
                          (_, response) ->
                              response.sendString(
                                  inCoroutine(() -> {
                                    loop.complete(NettyLoop.current());
                                    Asyncio.sleep(Duration.ofMillis(1));
                                    return "from a coroutine";
                                  })))
                      .get(
                          "/slow",
                          (_, response) ->
                              response.sendString(
                                  inCoroutine(() -> {
                                    started.complete(null);
                                    try {
                                      Asyncio.sleep(Duration.ofDays(1));
                                      return "late";
                                    } finally {
                                      cancelled.complete(null);
                                    }
                                  }))))
              .bindNow();
      try {
        HttpClient client = own.client().host("127.0.0.1").port(server.port());
        String answer =
            get(client.get().uri("/").responseContent().aggregate().asString().toFuture());
        assertThat(answer).isEqualTo("from a coroutine");
        assertThat(get(loop).isClosed()).isFalse();

        CompletableFuture<String> slow =
            client.get().uri("/slow").responseContent().aggregate().asString().toFuture();
        get(started);
        slow.cancel(true); // the client leaves: the task is cancelled
        get(cancelled);
      } finally {
        server.disposeNow();
      }
    }
  }

  // recipe: reactor-handler
  static <T> Mono<T> inCoroutine(Coro<T> body) {
    // on the thread of the event loop; a cancelled subscription cancels the task
    return Mono.fromFuture(() -> runCoroutineThreadsafe(body, NettyLoop.current()));
  }

  // end

  @Test
  void handler_onALoopGroup_runsThere() throws Exception {
    try (var group = new LoopGroup(1)) {
      LoopResources loops = _ -> group.eventLoops();
      var seen = new CompletableFuture<Loop>();
      DisposableServer server =
          HttpServer.create()
              .host("127.0.0.1")
              .port(0)
              .runOn(loops, true)
              .handle((_, response) ->
                  response.sendString(
                      inCoroutine(() -> {
                        seen.complete(NettyLoop.current());
                        return "a";
                      })))
              .bindNow();
      try (var own = new Resources()) {
        String answer =
            get(
                own.client()
                    .get()
                    .uri("http://127.0.0.1:" + server.port() + "/")
                    .responseContent()
                    .aggregate()
                    .asString()
                    .toFuture());

        assertThat(answer).isEqualTo("a");
        assertThat(get(seen)).isSameAs(group.loops().getFirst());
      } finally {
        server.disposeNow();
      }
    }
  }

  /// Event loops and connections of one test, instead of Reactor's for the whole process.
  private static final class Resources implements AutoCloseable {
    private final LoopResources loops = LoopResources.create("test", 1, true);
    private final ConnectionProvider connections = ConnectionProvider.create("test", 4);

    HttpClient client() {
      return HttpClient.create(connections).runOn(loops);
    }

    @Override
    public void close() {
      connections.disposeLater().block(PATIENCE);
      loops.disposeLater(NONE, PATIENCE).block(PATIENCE);
    }
  }
}
