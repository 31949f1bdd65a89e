package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.asynchttpclient.Dsl.asyncHttpClient;
import static org.asynchttpclient.Dsl.config;

import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.asynchttpclient.AsyncHttpClient;
import org.asynchttpclient.ListenableFuture;
import org.asynchttpclient.Response;
import org.junit.jupiter.api.Test;

/// AsyncHttpClient 3.
final class AsyncHttpClientTest extends InCoroutines {

  private static AsyncHttpClient client() {
    return asyncHttpClient(config().setIoThreadsCount(1).setShutdownQuietPeriod(Duration.ZERO));
  }

  @Test
  void request_awaited_givesTheBody() throws Exception {
    try (var peer = new HttpPeer();
        var client = client()) {
      run(() -> {
        Response response = send(client, peer.quick().toString());

        assertThat(response.getResponseBody()).isEqualTo(HttpPeer.ANSWER);
      });
    }
  }

  @Test
  void toCompletableFuture_cancelled_leavesTheRequest() throws Exception {
    try (var peer = new HttpPeer();
        var client = client()) {
      run(() -> {
        ListenableFuture<Response> request = client.prepareGet(peer.slow().toString()).execute();
        CompletableFuture<Response> stage = request.toCompletableFuture();
        Task<Response> waiting = createTask(() -> wrapFuture(stage).await());
        wrapFuture(peer.asked()).await();

        waiting.cancel();

        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        turns();
        assertThat(peer.gone()).isNotDone();
      });
    }
  }

  @Test
  void recipe_cancelled_endsTheConnection() throws Exception {
    try (var peer = new HttpPeer();
        var client = client()) {
      run(() -> {
        Task<Response> waiting = createTask(() -> send(client, peer.slow().toString()));
        wrapFuture(peer.asked()).await();

        waiting.cancel();

        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        wrapFuture(peer.gone()).await();
      });
    }
  }

  // recipe: async-http-client
  static Response send(AsyncHttpClient client, String uri) {
    ListenableFuture<Response> request = client.prepareGet(uri).execute();
    try {
      return wrapFuture(request.toCompletableFuture()).await();
    } catch (CancelledError cancelled) {
      request.cancel(true); // closes the connection
      throw cancelled;
    }
  }
  // end
}
