package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.Timeout;
import io.loop.sync.Event;
import io.loop.task.Task;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One connection of [Http2]: it lasts as long as its streams, and ends with GOAWAY.
final class Http2Session {

  /*
   * One coroutine for the connection, and one for each of its streams:
   *
   *   OPEN --idle, the client leaves, the server shuts down--> LEAVING --the last stream ends--> closed
   *
   * Closing the connection closes its streams. If the coroutine of the connection is cancelled, it
   * cancels those of the streams.
   *
   * In LEAVING the first GOAWAY allows all streams, because the client may have sent requests
   * before it sees that. The last GOAWAY says which ones were served.
   */

  private static final System.Logger LOG = System.getLogger("io.loop.samples.http2");

  private final Http2Exchange.Limits limits;
  private final Duration idleTimeout;
  private final Set<Task<?>> streams = new HashSet<>();
  private final Event quiet = new Event(); // no streams

  private @Nullable Timeout idle; // while the connection is OPEN

  /// @param idleTimeout how long the connection may have no stream
  Http2Session(Http2Exchange.Limits limits, Duration idleTimeout) {
    this.limits = limits;
    this.idleTimeout = idleTimeout;
    quiet.set();
  }

  /// Serves the connection: waits for its end, and then for the end of its streams.
  void serve(CoroutineChannel<Http2GoAwayFrame> channel) {
    try {
      awaitEnd(channel);
      leave(channel);
    } catch (IOException lost) {
      log(channel, lost); // also the server's idle timeout
    } finally {
      streams.forEach(Task::cancel);
    }
  }

  private void awaitEnd(CoroutineChannel<Http2GoAwayFrame> channel) throws IOException {
    var timeout = Timeout.after(idleTimeout);
    try {
      timeout.run(_ -> {
        idle = timeout;
        boolean _ = channel.receive(_ -> {});
      });
    } catch (TimeoutException unused) {
      log(channel, unused);
    } finally {
      idle = null;
    }
  }

  private void leave(CoroutineChannel<Http2GoAwayFrame> channel) {
    if (!quiet.isSet()) {
      channel.write(goAway(Integer.MAX_VALUE));
      quiet.await();
    }
    channel.write(goAway(0)); // returning closes the connection
  }

  /// @param more how many more streams than those that exist will be served
  private static Http2GoAwayFrame goAway(int more) {
    return new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(more);
  }

  /// Serves one stream of the connection.
  void serveStream(CoroutineChannel<Http2StreamFrame> stream) {
    Task<?> task = Objects.requireNonNull(Task.current());
    began(task);
    try {
      new Http2Exchange(stream, limits).serve();
    } catch (IOException lost) {
      log(stream, lost);
    } finally {
      ended(task);
    }
  }

  private void began(Task<?> stream) {
    streams.add(stream);
    quiet.clear();
    if (idle != null && !idle.isExpired()) {
      idle.reschedule(null);
    }
  }

  private void ended(Task<?> stream) {
    streams.remove(stream);
    if (!streams.isEmpty()) {
      return;
    }
    quiet.set();
    if (idle != null && !idle.isExpired()) {
      idle.rescheduleAfter(idleTimeout);
    }
  }

  private static void log(CoroutineChannel<?> channel, Exception why) {
    LOG.log(Level.DEBUG, () -> channel + ": " + why);
  }
}
