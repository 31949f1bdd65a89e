package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.wrapFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Lettuce, and what becomes of a command at the server whose coroutine is cancelled.
@Tag("server")
final class LettuceTest extends InCoroutines {

  private static final String URI =
      "redis://127.0.0.1:" + Integer.getInteger("loop.libraries.redis", 6379);

  private interface Body {
    void run(RedisClient client, StatefulRedisConnection<String, String> connection)
        throws Exception;
  }

  private static void with(Body body) {
    RedisClient client = RedisClient.create(URI);
    try {
      run(() -> {
        try (var connection = client.connect()) {
          connection.sync().flushall();
          body.run(client, connection);
        }
      });
    } finally {
      client.shutdown(Duration.ZERO, PATIENCE);
    }
  }

  private static void untilBlocked(
      StatefulRedisConnection<String, String> connection, int clients) {
    until(() -> connection.sync().info("clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  @Test
  void sync_inCoroutines_leavesTheLoopFree() {
    with((client, connection) -> {
      try (var other = client.connect()) {
        Task<KeyValue<String, String>> waiting = createTask(() -> other.sync().blpop(0, "list"));
        untilBlocked(connection, 1);

        connection.sync().rpush("list", "a"); // on the same loop

        assertThat(waiting.await().getValue()).isEqualTo("a");
      }
    });
  }

  @Test
  void async_awaited_givesTheAnswer() {
    with((_, connection) -> {
      assertThat(wrapFuture(connection.async().set("key", "a")).await()).isEqualTo("OK");
      assertThat(
              Asyncio.gather(
                      wrapFuture(connection.async().get("key")),
                      wrapFuture(connection.async().get("none")))
                  .await())
          .containsExactly("a", null);
    });
  }

  @Test
  void callback_isNotOnTheLoop() {
    with((_, connection) -> {
      var answered = new CompletableFuture<Boolean>();
      connection.setAutoFlushCommands(false);
      var command = connection.async().get("key");
      var _ = command.thenAccept(_ -> answered.complete(Loop.runningOrNull() != null));
      connection.flushCommands();
      connection.setAutoFlushCommands(true);

      assertThat(wrapFuture(answered).await()).isFalse();
    });
  }

  @Test
  void blockingCommand_cancelledOnASharedConnection_takesTheElementAndHoldsUpOthers() {
    with((client, connection) -> {
      try (var shared = client.connect()) {
        Task<KeyValue<String, String>> waiting =
            createTask(() -> wrapFuture(shared.async().blpop(0, "list")).await());
        untilBlocked(connection, 1);

        waiting.cancel();
        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        Task<@Nullable String> behind =
            createTask(() -> wrapFuture(shared.async().get("key")).await());
        turns();

        assertThat(behind.isDone()).isFalse(); // the server works on the first command still
        connection.sync().rpush("list", "a");
        assertThat(behind.await()).isNull();
        assertThat(connection.sync().llen("list")).isZero(); // nobody got the element
      }
    });
  }

  @Test
  void recipe_cancelled_takesNothing() {
    with((client, connection) -> {
      Task<@Nullable String> waiting = createTask(() -> take(client, "list"));
      untilBlocked(connection, 1);

      waiting.cancel();
      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      untilBlocked(connection, 0);
      connection.sync().rpush("list", "a");

      assertThat(connection.sync().llen("list")).isEqualTo(1);
    });
  }

  // recipe: lettuce
  static @Nullable String take(RedisClient client, String list) {
    try (var own = client.connect()) { // closing it ends the command at the server
      KeyValue<String, String> taken = own.sync().blpop(0, list);
      return taken == null ? null : taken.getValue();
    }
  }
  // end
}
