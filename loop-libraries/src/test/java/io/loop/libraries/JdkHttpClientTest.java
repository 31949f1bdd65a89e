package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The JDK's HTTP client.
final class JdkHttpClientTest extends InCoroutines {

  private interface Body {
    void run(HttpPeer peer, HttpClient client) throws Exception;
  }

  private static void with(Body body) throws Exception {
    try (var peer = new HttpPeer();
        var client = HttpClient.newHttpClient()) {
      run(() -> body.run(peer, client));
      peer.release();
    }
  }

  private static HttpRequest slow(HttpPeer peer) {
    return HttpRequest.newBuilder(peer.slow()).build();
  }

  @Test
  void send_inACoroutine_leavesTheLoopFree() throws Exception {
    with((peer, client) -> {
      Task<HttpResponse<String>> answer =
          createTask(() -> client.send(slow(peer), BodyHandlers.ofString()));
      wrapFuture(peer.asked()).await();

      peer.release(); // on the same loop

      assertThat(answer.await().body()).isEqualTo(HttpPeer.ANSWER);
    });
  }

  private static void endsTheConnection(HttpPeer peer, Coro<?> request) {
    Task<?> waiting = createTask(request::run);
    wrapFuture(peer.asked()).await();

    waiting.cancel();

    assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
    wrapFuture(peer.gone()).await();
  }

  @Test
  void send_cancelled_endsTheConnection() throws Exception {
    with((peer, client) ->
        endsTheConnection(peer, () -> client.send(slow(peer), BodyHandlers.ofString())));
  }

  @Test
  void sendAsync_cancelled_endsTheConnection() throws Exception {
    with((peer, client) ->
        endsTheConnection(
            peer, () -> wrapFuture(client.sendAsync(slow(peer), BodyHandlers.ofString())).await()));
  }

  @Test
  void sendAsync_withAStageBehind_endsTheConnection() throws Exception {
    with((peer, client) ->
        endsTheConnection(
            peer,
            () ->
                wrapFuture(
                        client
                            .sendAsync(slow(peer), BodyHandlers.ofString())
                            .thenApply(HttpResponse::body))
                    .await()));
  }

  @Test
  void allOf_cancelled_leavesTheRequests() throws Exception {
    with((peer, client) -> {
      var request = client.sendAsync(slow(peer), BodyHandlers.ofString());
      Task<@Nullable Void> waiting =
          createTask(() -> wrapFuture(CompletableFuture.allOf(request)).await());
      wrapFuture(peer.asked()).await();

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      peer.release();
      assertThat(wrapFuture(request).await().body()).isEqualTo(HttpPeer.ANSWER);
    });
  }

  @Test
  void gather_cancelled_endsTheConnections() throws Exception {
    with((peer, client) ->
        endsTheConnection(
            peer,
            () ->
                gather(wrapFuture(client.sendAsync(slow(peer), BodyHandlers.ofString()))).await()));
  }
}
