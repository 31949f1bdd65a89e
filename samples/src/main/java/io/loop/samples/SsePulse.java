package io.loop.samples;

import io.loop.Asyncio;
import io.loop.channel.Broadcast;
import io.loop.channel.Subscription;
import io.loop.event.Loop;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/// The pulse of the loop that it runs on: how late the loop is, and how many tasks it has.
///
/// Each measurement is an event for all subscriptions. The last ones are kept for clients that come
/// back.
final class SsePulse {

  /*
   * A timer that fires late shows how long the loop was busy with something else. Timers are exact
   * to two milliseconds, so an idle loop shows up to that. Within an interval there are several, or
   * most of a short delay would fall between two of them.
   *
   * An id is the time in milliseconds since 1970. So ids keep growing when the server is started
   * again, and a client that knows those of the last server gets no event twice.
   */

  /// A measurement.
  ///
  /// @param id the id of the event; later ones have larger ids
  /// @param text the event, in the format of the stream
  record Event(long id, String text) {}

  private static final Duration TICK = Duration.ofMillis(10);
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int CAPACITY = 64; // of one subscription

  private final Duration interval;
  private final int mostKept;
  private final Deque<Event> kept = new ArrayDeque<>();
  private final Broadcast<Event> events = new Broadcast<>(CAPACITY, Broadcast.WhenFull.DROP_OLDEST);
  private long lastId;

  /// @param interval the time between two events
  /// @param mostKept how many events are kept
  SsePulse(Duration interval, int mostKept) {
    this.interval = interval;
    this.mostKept = mostKept;
  }

  /// Measures until it is cancelled, which ends all subscriptions.
  void measureOn() {
    Loop loop = Loop.running();
    try {
      for (; ; ) {
        Duration lag = worstLag(loop);
        publish(lag.toNanos() / NANOS_PER_MILLI, Task.all(loop).size());
      }
    } finally {
      events.close();
    }
  }

  /// {@return how late the loop was at most, during one interval}
  private Duration worstLag(Loop loop) {
    Duration worst = Duration.ZERO;
    Duration now = loop.time();
    Duration end = now.plus(interval);
    Duration tick = interval.compareTo(TICK) < 0 ? interval : TICK;
    while (now.compareTo(end) < 0) {
      Duration due = now.plus(tick);
      Asyncio.sleep(tick);
      now = loop.time();
      Duration lag = now.minus(due);
      worst = lag.compareTo(worst) > 0 ? lag : worst;
    }
    return worst;
  }

  private void publish(double lagMillis, int tasks) {
    lastId = Math.max(lastId + 1, System.currentTimeMillis());
    String text =
        String.format(
            Locale.ROOT,
            "id: %d\ndata: {\"lag\": %.2f, \"tasks\": %d}\n\n",
            lastId,
            lagMillis,
            tasks);
    var event = new Event(lastId, text);
    kept.addLast(event);
    if (kept.size() > mostKept) {
      kept.removeFirst();
    }
    boolean _ = events.trySend(event); // it drops old events instead of waiting
  }

  /// {@return the events to come; the caller closes it}
  Subscription<Event> subscribe() {
    return events.subscribe();
  }

  /// {@return the kept events that are later than the one with an id}
  List<Event> since(long id) {
    return kept.stream().filter(event -> event.id() > id).toList();
  }
}
