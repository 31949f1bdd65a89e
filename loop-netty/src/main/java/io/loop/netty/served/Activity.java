package io.loop.netty.served;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The activity of a connection, for a `Sweeper`; its loop's thread.
public final class Activity {

  private long received;
  private long seen;
  private @Nullable Duration first;
  private Duration silentSince = Duration.ZERO;

  public void received(int bytes) {
    received += bytes;
  }

  /// Records whether anything has happened since the last call.
  ///
  /// @param now the time on the connection's loop
  /// @param passed how much was passed to Netty so far
  /// @param moved whether the peer has taken something since the last call
  public void look(Duration now, long passed, boolean moved) {
    if (moved || received + passed != seen || first == null) {
      silentSince = now;
    }
    if (first == null) {
      first = now;
    }
    seen = received + passed;
  }

  /// Something has happened on a stream of the connection since the last call of [#look].
  public void streamMoved(Duration now) {
    silentSince = now;
  }

  /// {@return how long it has been known} At a check.
  public Duration age(Duration now) {
    return first == null ? Duration.ZERO : now.minus(first);
  }

  /// {@return how long nothing has happened, or a little longer} At a check.
  public Duration silence(Duration now) {
    return now.minus(silentSince);
  }

  public long received() {
    return received;
  }
}
