package io.loop.samples;

import io.loop.Asyncio;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The open connections of [Fetch] that wait for their next request. Coroutine only.
final class FetchPool implements AutoCloseable {

  /*
   * A connection is in `idle`, or belongs to one call of `get`. The one used last is taken first:
   * the server is the least likely to have closed it.
   */

  /// What to do in which limits.
  ///
  /// @param tls for https
  /// @param connect how long it may take to open a connection
  /// @param connections how many connections may wait
  /// @param body the largest body, in bytes
  record Options(SslContext tls, Duration connect, int connections, long body) {}

  private final Options options;
  private final Deque<FetchConnection> idle = new ArrayDeque<>();
  private int opened;

  FetchPool(Options options) {
    this.options = options;
  }

  /// Gets a URL on a connection that is open, or on a new one.
  ///
  /// @throws FetchFailure if the server does not give it
  /// @throws IOException if the connection is lost
  /// @throws TimeoutException if no connection can be opened in time
  void get(FetchUrl url, FetchBody body) throws IOException, TimeoutException {
    FetchConnection used = takeIdle(url.origin());
    if (used != null) {
      try {
        get(used, url, body);
        return;
      } catch (IOException lost) {
        if (used.hasAnswered()) {
          throw lost;
        }
        // the server closed it at that moment, as it may: a GET can be sent again
      }
    }
    get(open(url.origin()), url, body);
  }

  private void get(FetchConnection connection, FetchUrl url, FetchBody body) throws IOException {
    try {
      connection.get(url, body, options.body());
    } finally {
      if (connection.isReusable()) {
        keep(connection);
      } else {
        connection.close();
      }
    }
  }

  private FetchConnection open(FetchUrl.Origin origin) throws IOException, TimeoutException {
    FetchConnection connection =
        Asyncio.timeout(options.connect(), () -> FetchConnection.open(origin, options.tls()));
    opened++;
    return connection;
  }

  private @Nullable FetchConnection takeIdle(FetchUrl.Origin origin) {
    for (; ; ) {
      FetchConnection found = removeIdle(origin);
      if (found == null || isUsable(found)) {
        return found;
      }
    }
  }

  private static boolean isUsable(FetchConnection connection) {
    boolean usable = false;
    try {
      usable = connection.isReusable() && !connection.isDisturbed();
    } finally {
      if (!usable) {
        connection.close(); // also if the task is cancelled here
      }
    }
    return usable;
  }

  private @Nullable FetchConnection removeIdle(FetchUrl.Origin origin) {
    for (FetchConnection connection : idle) {
      if (connection.origin().equals(origin)) {
        idle.remove(connection);
        return connection;
      }
    }
    return null;
  }

  private void keep(FetchConnection connection) {
    idle.addFirst(connection);
    if (idle.size() > options.connections()) {
      idle.removeLast().close();
    }
  }

  /// {@return how many connections were opened}
  int opened() {
    return opened;
  }

  @Override
  public void close() {
    idle.forEach(FetchConnection::close);
    idle.clear();
  }
}
