package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TimerBatchTest {

  private static final long ORIGIN = Long.MAX_VALUE - 1_000; // so that deadlines wrap

  private final Loop loop = Loop.create(new ParkPoller());
  private final TimerBatch batch = new TimerBatch();

  private TimerHandle timer(long distance, long sequence) {
    var timer = new TimerHandle(loop, ORIGIN + distance, () -> {}, null);
    timer.sequence = sequence;
    return timer;
  }

  private List<TimerHandle> randomTimers(int count, long range) {
    var random = new Random(count + range);
    List<TimerHandle> timers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      timers.add(timer(random.nextLong(range) - range / 2, i));
    }
    return timers;
  }

  private List<TimerHandle> sorted(List<TimerHandle> timers) {
    batch.begin(ORIGIN);
    timers.forEach(batch::add);
    batch.sort();
    List<TimerHandle> result = new ArrayList<>();
    for (TimerHandle timer; (timer = batch.next()) != null; ) {
      result.add(timer);
    }
    batch.end();
    return result;
  }

  private static List<TimerHandle> sortedNaively(List<TimerHandle> timers) {
    List<TimerHandle> expected = new ArrayList<>(timers);
    expected.sort(
        Comparator.<TimerHandle>comparingLong(timer -> timer.deadlineNanos - ORIGIN)
            .thenComparingLong(timer -> timer.sequence));
    return expected;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, 1",
    "2, 5000000",
    "255, 100",
    "256, 1",
    "256, 2",
    "257, 4096",
    "300, 4097",
    "5000, 1000000",
    "5000, 1000000000000",
    "5000, 1125899906842624", // the last that fits
    "5000, 2251799813685249",
    "5000, 9223372036854775807",
    "70000, 5000000" // more than is kept
  })
  void sort_inOrderOfSequence_isByDeadlineThenSequence(int count, long range) {
    List<TimerHandle> timers = randomTimers(count, range);

    List<TimerHandle> once = sorted(timers);
    List<TimerHandle> again = sorted(timers);

    assertThat(once).containsExactlyElementsOf(sortedNaively(timers));
    assertThat(again).containsExactlyElementsOf(once);
  }

  @Test
  void sort_inAnyOrderOfSequence_isByDeadlineThenSequence() {
    List<TimerHandle> timers = randomTimers(1_000, 50);
    Collections.shuffle(timers, new Random(42));

    assertThat(sorted(timers)).containsExactlyElementsOf(sortedNaively(timers));
  }

  @Test
  void sort_growingBetween_isByDeadlineThenSequence() {
    for (int count = 200; count < 4_000; count += 150) {
      List<TimerHandle> timers = randomTimers(count, 1_000_000);

      assertThat(sorted(timers)).containsExactlyElementsOf(sortedNaively(timers));
    }
  }

  @Test
  void advance_manyDueOneMovedBehindEquals_keepsTheOrderOfSequence() {
    var wheel = new TimerWheel(0);
    List<TimerHandle> timers = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      timers.add(new TimerHandle(loop, (i * 7_919L) % 1_000 * 10_000 + 1, () -> {}, null));
    }
    timers.forEach(wheel::schedule);
    TimerHandle last = timers.getLast();
    wheel.postpone(last, last.deadlineNanos + 20_000_000);
    var equal = new TimerHandle(loop, last.deadlineNanos, () -> {}, null);
    wheel.schedule(equal);
    List<TimerHandle> due = new ArrayList<>();

    wheel.advance(0, due::add);
    wheel.advance(40_000_000, due::add);

    assertThat(due.subList(999, 1_001)).containsExactly(last, equal);
    due.sort(Comparator.comparingLong(timer -> timer.deadlineNanos)); // stable
    assertThat(due).hasSize(1_001).last().isSameAs(equal);
  }
}
