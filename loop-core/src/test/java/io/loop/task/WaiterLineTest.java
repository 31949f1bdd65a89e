package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.testing.CountingLoader;
import io.loop.testing.Growth;
import io.loop.testing.ManualLoop;
import java.time.Duration;
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
      switch (random.nextInt(10)) {
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
        case 8 -> wakeAndRemoveAllAtTimes(random);
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

  private void wakeAndRemoveAllAtTimes(Random random) {
    if (random.nextInt(20) == 0) {
      List<LoopFuture<@Nullable Void>> expected =
          futures.stream().filter(f -> !f.isDone()).toList();

      line.wakeAndRemoveAll();

      assertThat(expected).allMatch(WaiterLineTest::isWoken);
      futures.clear();
      places.forEach(line::leave); // as their tasks do when they run
      places.clear();
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

  @Test
  void text_isTheNumberOfWaitersOrEmpty() {
    assertThat(line.text()).isEmpty();

    append();
    append();
    line.wakeHead();

    assertThat(line.text()).isEqualTo(", waiters:2");
  }

  @Test
  void await_severalTasks_resumeInOrderOfArrival() {
    List<String> resumed = new ArrayList<>();

    manual.run(() -> {
      List<Task<Void>> tasks = new ArrayList<>();
      for (String name : List.of("a", "b", "c")) {
        tasks.add(
            start(() -> {
              line.await();
              resumed.add(name);
            }));
      }
      assertThat(line.size()).isEqualTo(3);

      line.wakeAll();
      assertThat(line.hasAsleep()).isFalse();
      assertThat(line.hasLive()).isTrue(); // what they were woken for is theirs
      tasks.forEach(LoopFuture::await);
      return null;
    });

    assertThat(resumed).containsExactly("a", "b", "c");
    assertThat(line.size()).isZero();
  }

  @Test
  void await_onAnotherLoopThanTheLines_isRefused() {
    try (var other = new ManualLoop()) {
      var othersLine = new WaiterLine(other.loop());

      assertThatThrownBy(() -> manual.run(Coro.of(othersLine::await)))
          .isInstanceOf(IllegalStateException.class);

      assertThat(othersLine.size()).isZero();
    }
  }

  @Test
  void await_wokenAndThenCancelled_runsTheCallbackWhenItHasLeft() {
    List<Integer> sizes = new ArrayList<>();

    manual.run(() -> {
      Task<Void> task = start(() -> line.await(() -> sizes.add(line.size())));
      line.wakeHead();
      task.cancel();
      awaitCancelled(task);
      return null;
    });

    assertThat(sizes).containsExactly(0);
  }

  @Test
  void await_cancelledBeforeItIsWoken_doesNotRunTheCallback() {
    List<Integer> sizes = new ArrayList<>();

    manual.run(() -> {
      Task<Void> task = start(() -> line.await(() -> sizes.add(line.size())));
      task.cancel();
      line.wakeHead(); // too late: it is awake already
      awaitCancelled(task);
      return null;
    });

    assertThat(sizes).isEmpty();
  }

  @Test
  void await_unwoundByTheClosingLoop_leavesAndDoesNotRunTheCallback() {
    List<Integer> sizes = new ArrayList<>();
    List<Throwable> faults = new ArrayList<>();
    try (var closing = new ManualLoop()) {
      closing.loop().setExceptionHandler((_, _) -> {}); // the task was pending
      closing.run(() -> {
        Task<Void> _ =
            start(() -> {
              try {
                line.await(() -> sizes.add(line.size()));
              } catch (CancelledError unwound) {
                faults.add(unwound);
                throw unwound;
              }
            });
        return null;
      });
    }

    assertThat(faults).hasSize(1);
    assertThat(sizes).isEmpty();
    assertThat(line.size()).isZero();
  }

  @Test
  void lineOfAClosedLoop_wakesNobody() {
    var closing = new ManualLoop();
    var itsLine = new WaiterLine(closing.loop());
    for (int i = 0; i < 3; i++) {
      var waiter = new LoopFuture<@Nullable Void>(closing.loop());
      waiter.addDoneCallback(_ -> {}); // a closed loop refuses to schedule it
      WaiterLine.Place _ = itsLine.append(waiter);
    }
    closing.close();

    assertThat(itsLine.hasAsleep()).isFalse();
    itsLine.wakeHead();
    itsLine.wakeAll();
    itsLine.failAll(new IllegalStateException("x"));
    assertThat(itsLine.wake(1)).isZero();
    assertThat(itsLine.hasLive()).isTrue();
    assertThat(itsLine.wakeFirst()).isFalse();
    assertThat(itsLine.size()).isZero();
  }

  private static Task<Void> start(Coro.Action body) {
    Task<Void> task = Asyncio.createTask(body);
    Asyncio.sleep(Duration.ZERO);
    return task;
  }

  private static void awaitCancelled(Task<Void> task) {
    assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    assertThat(task.isCancelled()).isTrue();
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
        manual.setPatience(Growth.PATIENCE);
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
