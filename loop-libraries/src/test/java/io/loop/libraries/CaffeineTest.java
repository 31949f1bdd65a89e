package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Caffeine's caches.
final class CaffeineTest extends InCoroutines {

  @Test
  void sharedFuture_cancelledByOneWaiter_failsForAll() {
    run(() -> {
      AsyncCache<String, String> cache = Caffeine.newBuilder().buildAsync();
      var loading = new CompletableFuture<String>();
      CompletableFuture<String> shared = cache.get("key", (_, _) -> loading);
      Task<String> hasty = createTask(() -> wrapFuture(shared).await());
      Task<String> patient = createTask(() -> wrapFuture(shared).await());
      turns();

      hasty.cancel();

      assertThatThrownBy(hasty::await).isInstanceOf(CancelledError.class);
      assertThatThrownBy(patient::await).isInstanceOf(CancelledError.class);
      assertThatThrownBy(shared::join).isInstanceOf(CancellationException.class);
      assertThat(cache.getIfPresent("key")).isNull();
    });
  }

  @Test
  void shield_aroundTheSharedFuture_cancelsOneWaiterOnly() {
    run(() -> {
      AsyncCache<String, String> cache = Caffeine.newBuilder().buildAsync();
      var loading = new CompletableFuture<String>();
      CompletableFuture<String> shared = cache.get("key", (_, _) -> loading);
      Task<String> hasty = createTask(() -> shield(wrapFuture(shared)).await());
      Task<String> patient = createTask(() -> shield(wrapFuture(shared)).await());
      turns();

      hasty.cancel();
      assertThatThrownBy(hasty::await).isInstanceOf(CancelledError.class);
      loading.complete("a");

      assertThat(patient.await()).isEqualTo("a");
      assertThat(cache.synchronous().getIfPresent("key")).isEqualTo("a");
    });
  }

  @Test
  void function_ofAnAsyncCache_isNotOnTheLoop() {
    run(() -> {
      AsyncCache<String, Boolean> cache = Caffeine.newBuilder().buildAsync();

      CompletableFuture<Boolean> shared =
          cache.get("key", (String _) -> Loop.runningOrNull() != null);

      assertThat(wrapFuture(shared).await()).isFalse();
    });
  }

  @Test
  void recipe_loadedByATask_isLoadedOnceForAll() {
    run(() -> {
      AsyncCache<String, String> cache = Caffeine.newBuilder().buildAsync();
      var loads = new AtomicInteger();
      Loader loader =
          key -> {
            Asyncio.sleep(Duration.ofMillis(1));
            return key + loads.incrementAndGet();
          };

      LoopFuture<List<String>> both =
          Asyncio.gather(() -> load(cache, "a", loader), () -> load(cache, "a", loader));

      assertThat(both.await()).containsExactly("a1", "a1");
    });
  }

  interface Loader {
    String load(String key) throws Exception;
  }

  // recipe: caffeine
  static String load(AsyncCache<String, String> cache, String key, Loader loader) {
    Loop loop = Loop.running();
    CompletableFuture<String> shared =
        cache.get(key, (k, _) -> runCoroutineThreadsafe(() -> loader.load(k), loop));
    return shield(wrapFuture(shared)).await();
  }

  // end

  @Test
  void loader_ofASynchronousCache_mayAwaitAndBeCancelled() {
    run(() -> {
      Cache<String, String> cache = Caffeine.newBuilder().build();
      var entered = new LoopFuture<@Nullable Void>();
      Task<@Nullable String> first =
          createTask(() ->
              cache.get(
                  "key",
                  _ -> {
                    entered.setResult(null);
                    Asyncio.sleep(Duration.ofDays(1));
                    return "never";
                  }));
      entered.await();
      Task<@Nullable String> second = createTask(() -> cache.get("key", _ -> "b"));
      turns(); // the loop is free, though the second waits for a monitor

      assertThat(second.isDone()).isFalse();
      first.cancel();

      assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);
      assertThat(second.await()).isEqualTo("b");
    });
  }
}
