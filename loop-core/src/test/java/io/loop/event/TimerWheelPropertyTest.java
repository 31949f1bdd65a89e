package io.loop.event;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The wheel beside a sorted set that does the same naively.
///
/// The model's time is an [Instant], which neither wraps nor overflows, so the two share no
/// arithmetic. A failure names the seed and the operation.
@Tag("slow")
final class TimerWheelPropertyTest {

  private static final int OPERATIONS = 200_000;
  private static final long MILLI = 1_000_000;
  private static final int LEVELS = 6;
  private static final long ALREADY_DUE = Long.MIN_VALUE;

  /// A timer as the model knows it; `tick` is the first one at which it comes out.
  private record Entry(TimerHandle handle, Instant deadline, long sequence, long tick) {}

  private static final Comparator<Entry> BY_DEADLINE =
      Comparator.comparing(Entry::deadline).thenComparingLong(Entry::sequence);

  private static final Comparator<Entry> BY_TICK =
      Comparator.comparingLong(Entry::tick).thenComparing(BY_DEADLINE);

  @ParameterizedTest(name = "seed {0}, start {1}")
  @CsvSource({
    "1, 0",
    "2, -9223372036854775808",
    "3, 9223372036854775807",
    "4, -1234567",
    "5, 9223372036853775808"
  })
  void wheel_randomOperations_behavesAsASortedSet(long seed, long startNanos) {
    Run run = new Run(seed, startNanos);

    for (int i = 0; i < OPERATIONS; i++) {
      run.step();
    }

    run.drain();
  }

  private static final class Run {

    private final long seed;
    private final Random random;
    private final TimerWheel wheel;
    private final RuntimeException disturbance = new RuntimeException("by the callback");

    private long nowNanos;
    private Instant now = Instant.EPOCH;
    private long operation;
    private long nextSequence;
    private int handedOver;
    private long postponements;
    private boolean
        passedInTick; // a timer that was due when it was scheduled, since the last advance

    private final TreeSet<Entry> waiting = new TreeSet<>(BY_TICK);
    private final TreeSet<Entry> due = new TreeSet<>(BY_DEADLINE); // of the advance that runs
    private final Map<TimerHandle, Entry> entries = new HashMap<>();
    private final List<TimerHandle> known = new ArrayList<>(); // some have come out

    Run(long seed, long startNanos) {
      this.seed = seed;
      random = new Random(seed);
      wheel = new TimerWheel(startNanos);
      nowNanos = startNanos;
    }

    void step() {
      operation++;
      int kind = random.nextInt(100);
      if (kind < 40) {
        schedule(randomDelay());
      } else if (kind < 50) {
        scheduleAfter();
      } else if (kind < 57) {
        postponeAny();
      } else if (kind < 65) {
        cancelAny();
      } else if (kind < 90) {
        advanceBy(randomAdvance(), this::receiveAndDisturb);
      } else if (kind < 95) {
        advanceToJustBeforeTheAnnouncedMoment();
      } else {
        followAnnouncedMoments();
      }
      requireSameSize();
      requireLowerBound();
    }

    /// Nothing is lost: everything scheduled and not cancelled comes out in the end.
    void drain() {
      advanceBy(Long.MAX_VALUE, this::receive);
      advanceBy(MILLI, this::receive); // the furthest deadline, rounded up

      require(entries.isEmpty() && wheel.size() == 0, "Timers did not come out");
      require(wheel.nextExpiryNanos(nowNanos) == Long.MAX_VALUE, "The wheel is not empty");
    }

    private void schedule(long delayNanos) {
      TimerHandle handle = TestTimers.timer(nowNanos + delayNanos);
      Instant deadline = now.plusNanos(delayNanos);
      long tick = delayNanos <= 0 ? ALREADY_DUE : ceilingMillis(deadline);
      Entry entry = new Entry(handle, deadline, nextSequence++, tick);
      wheel.schedule(handle);
      passedInTick |= delayNanos <= 0 && deadline.isAfter(floor(now));
      waiting.add(entry);
      entries.put(handle, entry);
      known.add(handle);
    }

    /// The clock has moved on when the delays begin, the wheel's time has not.
    private void scheduleAfter() {
      long laterNanos = random.nextLong(3 * MILLI);
      List<TimerHandle> unplaced = new ArrayList<>();
      List<Long> delays = new ArrayList<>();
      for (int left = random.nextInt(4); left >= 0; left--) {
        long delayNanos = shortOf(randomDelay());
        TimerHandle handle = TestTimers.timer(wheel.deadlineAfter(delayNanos));
        wheel.scheduleAfter(handle);
        long sequence = nextSequence++;
        if (random.nextInt(4) == 0) {
          require(wheel.cancel(handle), "An unplaced timer could not be cancelled");
          require(isUnlinked(handle), "A cancelled timer has links");
        } else {
          unplaced.add(handle);
          delays.add(delayNanos);
          expect(handle, laterNanos, delayNanos, sequence);
        }
      }
      wheel.place(nowNanos + laterNanos);
      for (int i = 0; i < unplaced.size(); i++) {
        long deadlineNanos = nowNanos + laterNanos + delays.get(i);
        require(unplaced.get(i).deadlineNanos == deadlineNanos, "The deadline is wrong");
      }
    }

    private void expect(TimerHandle handle, long laterNanos, long delayNanos, long sequence) {
      Instant deadline = now.plusNanos(laterNanos).plusNanos(delayNanos);
      long tick = delayNanos <= 0 ? ALREADY_DUE : ceilingMillis(deadline);
      Entry entry = new Entry(handle, deadline, sequence, tick);
      waiting.add(entry);
      entries.put(handle, entry);
      known.add(handle);
    }

    /// So short that a later beginning does not reach over the end of the range.
    private static long shortOf(long delayNanos) {
      return Math.min(delayNanos, Long.MAX_VALUE - 4 * MILLI);
    }

    private void postponeAny() {
      if (known.isEmpty()) {
        return;
      }
      TimerHandle handle = known.get(random.nextInt(known.size()));
      Entry entry = entries.get(handle);
      if (entry == null) {
        require(!wheel.postpone(handle, MILLI), "A timer that is gone was postponed");
        return;
      }
      long sequence = entry.sequence();
      Instant before = entry.deadline();
      boolean isDue = entry.tick() == ALREADY_DUE;
      long laterNanos = random.nextLong(3 * MILLI);
      long delayNanos = 0;
      for (int left = random.nextInt(3); left >= 0; left--) {
        delayNanos = shortOf(randomDelay());
        require(wheel.postpone(handle, delayNanos), "A waiting timer was not postponed");
        boolean isEarlier = isDue || now.plusNanos(delayNanos).isBefore(before);
        if (isEarlier && !before.equals(Instant.MIN)) {
          sequence = nextSequence++;
        }
        isDue = false;
        before = isEarlier ? Instant.MIN : now.plusNanos(delayNanos); // MIN: nothing is earlier
      }
      waiting.remove(entry);
      known.remove(handle);
      expect(handle, laterNanos, delayNanos, sequence);
      wheel.place(nowNanos + laterNanos);
      postponements++;
    }

    private void cancelAny() {
      if (known.isEmpty()) {
        return;
      }
      int index = random.nextInt(known.size());
      TimerHandle handle = known.get(index);
      known.set(index, known.getLast());
      known.removeLast();
      Entry entry = entries.remove(handle);
      require(wheel.cancel(handle) == (entry != null), "cancel() returned the wrong answer");
      require(isUnlinked(handle), "A cancelled timer has links");
      if (entry != null && !waiting.remove(entry)) {
        require(due.remove(entry), "The model is wrong");
      }
    }

    private void advanceBy(long nanos, Consumer<TimerHandle> callback) {
      now = now.plusNanos(nanos);
      nowNanos += nanos;
      long tick = now.toEpochMilli();
      boolean hadPassed = !waiting.isEmpty() && waiting.getFirst().tick() == ALREADY_DUE;
      while (!waiting.isEmpty() && waiting.getFirst().tick() <= tick) {
        due.add(waiting.removeFirst());
      }
      if (passedInTick && hadPassed) {
        takeWhatIsDueIn(tick + 1);
      }
      passedInTick = false;
      try {
        wheel.advance(nowNanos, callback);
        require(due.isEmpty(), "Due timers were not handed over");
      } catch (RuntimeException thrown) {
        if (!thrown.equals(disturbance)) {
          throw thrown;
        }
        keepDueForTheNextAdvance();
      }
    }

    /// So that timers that were due when they were scheduled do not overtake it.
    private void takeWhatIsDueIn(long tick) {
      List<Entry> all =
          waiting.stream()
              .takeWhile(entry -> entry.tick() == tick)
              .filter(entry -> !entry.deadline().isAfter(now))
              .toList();
      all.forEach(waiting::remove);
      due.addAll(all);
    }

    private static Instant floor(Instant time) {
      return Instant.ofEpochMilli(time.toEpochMilli());
    }

    private void keepDueForTheNextAdvance() {
      for (Entry entry; (entry = due.pollFirst()) != null; ) {
        Entry kept = new Entry(entry.handle(), entry.deadline(), entry.sequence(), ALREADY_DUE);
        waiting.add(kept);
        entries.put(entry.handle(), kept);
      }
    }

    private void receive(TimerHandle handle) {
      Entry expected = due.pollFirst();
      require(expected != null && expected.handle() == handle, "Not the next in order");
      require(isUnlinked(handle), "A timer was handed over with links");
      entries.remove(handle);
      handedOver++;
      requireSameSize();
    }

    private void receiveAndDisturb(TimerHandle handle) {
      receive(handle);
      int kind = random.nextInt(64);
      if (kind < 8) {
        schedule(randomDelay());
      } else if (kind < 16) {
        cancelAny();
      } else if (kind < 20 && !due.isEmpty()) {
        cancelDue();
      } else if (kind == 20) {
        throw disturbance;
      }
      requireSameSize();
    }

    private void cancelDue() {
      Entry entry = random.nextBoolean() ? due.removeFirst() : due.removeLast();
      entries.remove(entry.handle());
      require(wheel.cancel(entry.handle()), "A timer not handed over yet could not be cancelled");
    }

    private void advanceToJustBeforeTheAnnouncedMoment() {
      long waitNanos = wheel.nextExpiryNanos(nowNanos);
      if (waitNanos > 0 && waitNanos < Long.MAX_VALUE) {
        int before = handedOver;
        advanceBy(waitNanos - 1, this::receive);
        require(handedOver == before, "A timer came out before the announced moment");
      }
    }

    /// Each announced moment opens the slot of the next timer, which moves it down a level.
    private void followAnnouncedMoments() {
      if (waiting.isEmpty()) {
        return;
      }
      long parkedFor = Math.max(0, (waiting.getFirst().tick() >> 36) - (now.toEpochMilli() >> 36));
      long allowed =
          parkedFor + LEVELS + 1 + postponements; // a postponed one is in an earlier slot
      for (int before = handedOver; handedOver == before; allowed--) {
        require(allowed > 0, "Too many announced moments before the next timer");
        advanceBy(wheel.nextExpiryNanos(nowNanos), this::receive);
      }
    }

    private long randomDelay() {
      return switch (random.nextInt(20)) {
        case 0 -> -random.nextLong(3 * MILLI);
        case 1 -> -randomBelowBits(61);
        case 2, 3, 4 -> delayToAnEqualDeadline();
        case 5, 6, 7, 8 -> random.nextLong(3 * MILLI);
        case 9, 10 -> random.nextInt(4) * MILLI;
        case 11 -> (MILLI << random.nextInt(42)) + random.nextLong(-MILLI, MILLI);
        case 12 -> Long.MAX_VALUE - randomBelowBits(40);
        case 13 -> Long.MAX_VALUE / 2 - randomBelowBits(40);
        case 14 -> randomBelowBits(62);
        default -> randomBelowBits(45);
      };
    }

    private long delayToAnEqualDeadline() {
      if (known.isEmpty()) {
        return 0;
      }
      Entry entry = entries.get(known.get(random.nextInt(known.size())));
      if (entry == null || entry.deadline().isBefore(now)) {
        return 0;
      }
      return entry.handle().deadlineNanos - nowNanos;
    }

    private long randomAdvance() {
      return switch (random.nextInt(500)) {
        case 0 -> randomBelowBits(62);
        case 1, 2, 3, 4, 5 -> randomBelowBits(50);
        default -> random.nextInt(4) == 0 ? randomBelowBits(32) : random.nextLong(3 * MILLI);
      };
    }

    /// Every order of magnitude is as likely as any other.
    private long randomBelowBits(int bits) {
      return random.nextLong(1L << (1 + random.nextInt(bits)));
    }

    private void requireLowerBound() {
      long waitNanos = wheel.nextExpiryNanos(nowNanos);
      if (waiting.isEmpty()) {
        require(waitNanos == Long.MAX_VALUE, "An empty wheel announced a moment");
        return;
      }
      long tick = waiting.getFirst().tick();
      if (tick == ALREADY_DUE) {
        require(waitNanos == 0, "A due timer was not announced");
        return;
      }
      Instant announced = now.plusNanos(waitNanos);
      require(waitNanos > 0, "A moment was announced that is not ahead");
      require(!announced.isAfter(Instant.ofEpochMilli(tick)), "Announced later than the timer");
    }

    private void requireSameSize() {
      require(wheel.size() == waiting.size() + due.size(), "size() is wrong");
    }

    private void require(boolean condition, String failure) {
      if (!condition) {
        throw new AssertionError(failure + ", seed " + seed + ", operation " + operation);
      }
    }

    private static boolean isUnlinked(TimerHandle handle) {
      return handle.slot == TimerWheel.NOT_SCHEDULED
          && handle.previous == null
          && handle.next == null;
    }

    private static long ceilingMillis(Instant instant) {
      return instant.plusNanos(MILLI - 1).toEpochMilli();
    }
  }
}
