package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.shield;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.loop.Asyncio;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What becomes of a statement on the server whose coroutine is cancelled.
@Tag("server")
final class PostgresTest extends InCoroutines {

  private static final String URL =
      "jdbc:postgresql://127.0.0.1:"
          + Integer.getInteger("loop.libraries.postgres", 5432)
          + "/postgres?user=postgres";

  private static final String SLOW = "select pg_sleep(3600)";

  private interface Body {
    void run(HikariDataSource pool) throws Exception;
  }

  private static void with(Body body) {
    var config = new HikariConfig();
    config.setJdbcUrl(URL);
    config.setMaximumPoolSize(2);
    try (var pool = new HikariDataSource(config)) {
      run(() -> body.run(pool));
    }
  }

  private static int count(DataSource pool, String query) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /// {@return how many of the slow statements run on the server}
  private static int running(DataSource pool) throws SQLException {
    return count(
        pool,
        "select count(*) from pg_stat_activity where state = 'active' and query = '" + SLOW + "'");
  }

  private static void untilRunning(DataSource pool, int count) throws SQLException {
    while (running(pool) != count) {
      turns();
    }
  }

  private static boolean plain(DataSource pool) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      return statement.execute(SLOW);
    }
  }

  @Test
  void statement_cancelledPlainly_losesTheConnectionAndRunsOn() {
    with(pool -> {
      Task<Boolean> waiting = createTask(() -> plain(pool));
      untilRunning(pool, 1);

      try (var log = new CapturedLog("com.zaxxer.hikari.pool.ProxyConnection")) {
        waiting.cancel();
        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        assertThat(log.messages()).anyMatch(line -> line.contains("marked as broken"));
      }
      turns();

      assertThat(running(pool)).isEqualTo(1); // for the rest of the hour
      int ended =
          count(
              pool,
              "select count(pg_terminate_backend(pid)) from pg_stat_activity where query = '"
                  + SLOW
                  + "'");
      assertThat(ended).isEqualTo(1);
      untilRunning(pool, 0);
    });
  }

  @Test
  void recipe_cancelled_endsTheStatementAndKeepsTheConnection() {
    with(pool -> {
      try (var connection = pool.getConnection();
          var statement = connection.createStatement()) {
        Task<Boolean> waiting =
            createTask(() -> cancellable(statement, () -> statement.execute(SLOW)));
        untilRunning(pool, 1);

        waiting.cancel();

        assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
        assertThat(running(pool)).isZero();
        assertThat(statement.execute("select 1")).isTrue(); // the same connection
      }
    });
  }

  // recipe: jdbc
  static <T> T cancellable(Statement statement, Callable<T> query) throws SQLException {
    Task<T> work = createTask(query::call);
    try {
      return shield(work).await();
    } catch (CancelledError cancelled) {
      statement.cancel(); // asks the server; the statement then fails
      Asyncio.wait(List.of(work));
      var _ = work.exception();
      throw cancelled;
    }
  }

  // end

  @Test
  void recipe_uncancelled_isTheQuery() {
    with(pool -> {
      try (var connection = pool.getConnection();
          var statement = connection.createStatement()) {
        assertThat(cancellable(statement, () -> statement.execute("select 1"))).isTrue();
        assertThatThrownBy(() -> cancellable(statement, () -> statement.execute("select x")))
            .isInstanceOf(SQLException.class);
      }
    });
  }

  @Test
  void queryTimeout_passed_endsTheStatementAndKeepsTheConnection() {
    with(pool -> {
      try (var connection = pool.getConnection();
          var statement = connection.createStatement()) {
        statement.setQueryTimeout(1);

        assertThatThrownBy(() -> statement.execute(SLOW))
            .isInstanceOfSatisfying(
                SQLException.class, fault -> assertThat(fault.getSQLState()).isEqualTo("57014"));
        assertThat(running(pool)).isZero();
        assertThat(statement.execute("select 1")).isTrue();
      }
    });
  }
}
