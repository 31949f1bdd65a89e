package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Timers that a poller's own work sets before it waits, as a handler of a channel does.
final class TimersSetInPollTest {

  private static final Duration SOON = Duration.ofMillis(1);

  /// Works once, then waits as [ParkPoller] does, for as long as the loop told it before.
  private static final class WorkingPoller implements Poller {
    private final ParkPoller park = new ParkPoller();
    private final Consumer<Loop> work;
    private final List<Boolean> mayBlock = new ArrayList<>();
    private PolledLoop loop;

    @SuppressWarnings("NullAway.Init") // open() comes first
    WorkingPoller(Consumer<Loop> work) {
      this.work = work;
    }

    @Override
    public void open(PolledLoop loop) {
      this.loop = loop;
      park.open(loop);
    }

    @Override
    public boolean needsHost() {
      return false;
    }

    @Override
    public void enter() {
      park.enter();
    }

    @Override
    public void poll(long waitNanos) {
      if (mayBlock.isEmpty()) {
        mayBlock.add(loop.mayBlock());
        work.accept(loop.loop());
        mayBlock.add(loop.mayBlock());
      }
      park.poll(loop.mayBlock() ? waitNanos : 0);
    }

    @Override
    public void wakeup() {
      park.wakeup();
    }

    @Override
    public long nanoTime() {
      return park.nanoTime();
    }

    @Override
    public void close() {
      park.close();
    }
  }

  static Stream<Consumer<Loop>> timers() {
    return Stream.of(
        loop -> loop.callLater(SOON, loop::stop),
        loop -> loop.callAt(loop.time().plus(SOON), loop::stop));
  }

  @ParameterizedTest
  @MethodSource("timers")
  void timer_setBeforeAWaitThatIsLonger_isNotLate(Consumer<Loop> timer) {
    var poller = new WorkingPoller(timer);
    try (Loop loop = Loop.create(poller)) {
      loop.callLater(Duration.ofDays(1), loop::stop); // what the first poll would wait for

      loop.runForever();
    }

    assertThat(poller.mayBlock).containsExactly(true, false);
  }
}
