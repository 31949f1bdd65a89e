package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/// A pool of JDBC connections, to a database in this process.
final class HikariTest extends InCoroutines {

  private interface Body {
    void run(HikariDataSource pool) throws Exception;
  }

  private static void with(int connections, Body body) {
    var config = new HikariConfig();
    config.setJdbcUrl("jdbc:h2:mem:");
    config.setMaximumPoolSize(connections);
    try (var pool = new HikariDataSource(config)) {
      run(() -> body.run(pool));
    }
  }

  private static int one(DataSource pool) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.prepareStatement("select 1");
        var rows = statement.executeQuery()) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void getConnection_moreCoroutinesThanConnections_takeTurns() {
    with(
        2,
        pool ->
            TaskGroup.run(group -> {
              for (int i = 0; i < 20; i++) {
                group.createTask(() -> assertThat(one(pool)).isEqualTo(1));
              }
            }));
  }

  @Test
  void getConnection_waiting_leavesTheLoopFree() {
    with(
        1,
        pool -> {
          Connection only = pool.getConnection();
          Task<Integer> waiting = createTask(() -> one(pool));
          turns();

          assertThat(waiting.isDone()).isFalse();
          only.close(); // on the same loop

          assertThat(waiting.await()).isEqualTo(1);
        });
  }

  @Test
  void getConnection_cancelled_leavesThePoolWhole() {
    with(
        1,
        pool -> {
          Connection only = pool.getConnection();
          Task<Integer> waiting = createTask(() -> one(pool));
          turns();

          waiting.cancel();
          assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
          only.close();

          assertThat(one(pool)).isEqualTo(1);
          assertThat(pool.getHikariPoolMXBean().getThreadsAwaitingConnection()).isZero();
        });
  }
}
