package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.CountingLoader;
import io.loop.testing.Growth;
import io.loop.testing.ManualLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WaiterLineTest {

  private final ManualLoop manual = new ManualLoop();
  private final WaiterLine line = new WaiterLine();
  private final List<WaiterLine.Place> places = new ArrayList<>();
  private final List<LoopFuture<@Nullable Void>> futures = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private void append() {
    var waiter = new LoopFuture<@Nullable Void>(manual.loop());
    futures.add(waiter);
    places.add(line.append(waiter));
  }

  private void leave(int index) {
    futures.remove(index);
    line.leave(places.remove(index));
  }

  /// Against a plain list of futures that is gone through from the head each time.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyOperations_agreeWithAList(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> append();
        case 3 -> {
          if (!futures.isEmpty()) {
            leave(random.nextInt(futures.size()));
          }
        }
        case 4 -> {
          if (!futures.isEmpty()) {
            futures.get(random.nextInt(futures.size())).cancel();
          }
        }
        case 5 -> wakeSome(random.nextInt(3));
        case 6 -> wakeHead();
        case 7 -> wakeFirst();
        default -> wakeAllAtTimes(random);
      }
      assertThat(line.size()).isEqualTo(futures.size());
      assertThat(line.hasLive()).isEqualTo(futures.stream().anyMatch(f -> !f.isCancelled()));
      assertThat(line.hasAsleep()).isEqualTo(futures.stream().anyMatch(f -> !f.isDone()));
    }
  }

  private void wakeSome(int count) {
    List<LoopFuture<@Nullable Void>> expected =
        futures.stream().filter(f -> !f.isDone()).limit(count).toList();

    assertThat(line.wake(count)).isEqualTo(expected.size());

    assertThat(expected).allMatch(WaiterLineTest::isWoken);
  }

  private void wakeHead() {
    long asleep = futures.stream().filter(f -> !f.isDone()).count();
    boolean headIsAsleep = !futures.isEmpty() && !futures.getFirst().isDone();

    line.wakeHead();

    assertThat(futures.stream().filter(f -> !f.isDone()).count())
        .isEqualTo(asleep - (headIsAsleep ? 1 : 0));
    assertThat(headIsAsleep && !isWoken(futures.getFirst())).isFalse();
  }

  private void wakeFirst() {
    LoopFuture<@Nullable Void> woken = null;
    var taken = new ArrayList<WaiterLine.Place>();
    while (woken == null && !futures.isEmpty()) {
      LoopFuture<@Nullable Void> head = futures.removeFirst();
      taken.add(places.removeFirst());
      woken = head.isDone() ? null : head;
    }

    assertThat(line.wakeFirst()).isEqualTo(woken != null);

    assertThat(woken == null || isWoken(woken)).isTrue();
    taken.forEach(line::leave); // as their tasks do when they run
  }

  private void wakeAllAtTimes(Random random) {
    if (random.nextInt(20) == 0) {
      line.wakeAll();
      assertThat(futures).allMatch(LoopFuture::isDone);
    }
  }

  private static boolean isWoken(LoopFuture<?> future) {
    return future.isDone() && !future.isCancelled();
  }

  @Test
  void failAll_leavesThoseAloneWhoAreAwake() {
    append();
    append();
    line.wakeHead();
    var fault = new IllegalStateException("x");

    line.failAll(fault);

    assertThat(isWoken(futures.getFirst())).isTrue();
    assertThat(futures.getLast().exception()).isSameAs(fault);
  }

  @ParameterizedTest
  @ValueSource(strings = {"forwards", "backwards", "shuffled"})
  void leave_manyInAnyOrder_costsNoMoreThanAFew(String order) {
    Growth.assertConstant(new Departures(order));
  }

  private record Departures(String order) implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      try (var manual = new ManualLoop()) {
        var line = new WaiterLine();
        List<WaiterLine.Place> places = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          places.add(line.append(new LoopFuture<>(manual.loop())));
        }
        if (order.equals("backwards")) {
          Collections.reverse(places);
        } else if (order.equals("shuffled")) {
          Collections.shuffle(places, new Random(1));
        }
        long before = CountingLoader.work();
        places.forEach(line::leave);
        return CountingLoader.work() - before;
      }
    }
  }
}
