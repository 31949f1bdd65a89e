package io.loop.netty.connection;

import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import io.loop.netty.base.Durations;
import io.loop.netty.served.SendProgress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Aborts a closing connection whose peer accepts no more data; its loop's thread.
final class ClosingLimit {

  private static final int LOOKS = 4;

  private final Connection connection;
  private final Loop loop;
  private final Duration limit;
  private final SendProgress sent = new SendProgress();
  private Duration since;
  private @Nullable TimerHandle timer;

  ClosingLimit(Connection connection, Duration limit) {
    this.connection = connection;
    this.loop = connection.loop();
    this.limit = limit;
    this.since = loop.time();
    arm();
  }

  private void arm() {
    timer = loop.callLater(Durations.part(limit, LOOKS), this::look);
  }

  private void look() {
    Duration now = loop.time();
    if (connection.hasMoved(sent)) {
      since = now;
    }
    if (now.minus(since).compareTo(limit) < 0) {
      arm();
    } else {
      connection.giveUpShutdown();
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
    }
  }
}
