package io.loop.netty;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The activity of a connection, for a [Sweeper]; its loop's thread.
final class Activity {

  private boolean active;
  private long received;
  private @Nullable Duration first;
  private Duration silentSince = Duration.ZERO;

  void received(int bytes) {
    active = true;
    received += bytes;
  }

  void sent() {
    active = true;
  }

  /// Records whether anything has happened since the last call.
  ///
  /// @param now the time on the connection's loop
  void look(Duration now) {
    if (active || first == null) {
      silentSince = now;
    }
    if (first == null) {
      first = now;
    }
    active = false;
  }

  /// {@return how long it has been known} At a check.
  Duration age(Duration now) {
    return first == null ? Duration.ZERO : now.minus(first);
  }

  /// {@return how long nothing has happened, or a little longer} At a check.
  Duration silence(Duration now) {
    return now.minus(silentSince);
  }

  long received() {
    return received;
  }
}
