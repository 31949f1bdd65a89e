package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.CountingLoader;
import io.loop.testing.Growth;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A future with many callbacks, which are taken back in any order.
final class CallbackListTest {

  private final ManualLoop manual = new ManualLoop();
  private final List<Integer> called = new ArrayList<>();
  private static long compared;

  /// Equal to any other of its number.
  private record Numbered(int number, List<Integer> called)
      implements DoneCallback<LoopFuture<String>> {
    @Override
    public void call(LoopFuture<String> done) {
      called.add(number);
    }

    @Override
    public boolean equals(Object other) {
      compared++;
      return other instanceof Numbered same && same.number == number;
    }

    @Override
    public int hashCode() {
      return Integer.hashCode(number);
    }
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private Numbered numbered(int number) {
    return new Numbered(number, called);
  }

  /// Against asyncio's own way: a list, from which all that are equal are taken.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void addAndRemove_inAnyOrder_agreeWithAList(long seed) {
    var random = new Random(seed);
    int numbers = seed % 2 == 0 ? 5 : 200;
    var future = new LoopFuture<String>(manual.loop());
    List<Integer> model = new ArrayList<>();

    for (int i = 0; i < 3_000; i++) {
      int number = random.nextInt(numbers);
      if (random.nextInt(100) < 60) {
        future.addDoneCallback(numbered(number));
        model.add(number);
      } else {
        int before = model.size();
        model.removeIf(each -> each == number);
        assertThat(future.removeDoneCallback(numbered(number))).isEqualTo(before - model.size());
      }
    }
    future.setResult("x");
    manual.tick();

    assertThat(called).containsExactlyElementsOf(model);
  }

  @Test
  void remove_fromManyThatAwait_leavesThem() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      List<Task<String>> awaiting = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        int number = i;
        awaiting.add(createTask(() -> future.await() + number));
        Tasks.addToAwaitedBy(future, awaiting.getLast());
      }
      sleep(Duration.ZERO);
      future.addDoneCallback(numbered(1));
      assertThat(future.removeDoneCallback(numbered(1))).isEqualTo(1);
      assertThat(future.awaitedBy()).containsExactlyElementsOf(awaiting);
      awaiting.forEach(task -> Tasks.discardFromAwaitedBy(future, task));
      assertThat(future.awaitedBy()).containsExactlyElementsOf(awaiting);

      future.setResult("x");

      for (int i = 0; i < 50; i++) {
        assertThat(awaiting.get(i).await()).isEqualTo("x" + i);
      }
    });
  }

  @Test
  void text_ofManyOneOfWhichIsGone_namesTheFirstAndTheLast() {
    var future = new LoopFuture<String>(manual.loop());
    for (int i = 0; i < 100; i++) {
      future.addDoneCallback(numbered(i));
    }
    future.removeDoneCallback(numbered(0));

    assertThat(future.toString())
        .contains("cb=[Numbered[number=1, called=[]], <97 more>, Numbered[number=99, called=[]]]");

    for (int i = 1; i < 99; i++) {
      future.removeDoneCallback(numbered(i));
    }
    assertThat(future.toString()).contains("cb=[Numbered[number=99, called=[]]]");
    assertThat(future.removeDoneCallback(numbered(99))).isEqualTo(1);
    assertThat(future.toString()).isEqualTo("<LoopFuture pending>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"forwards", "backwards", "shuffled"})
  void remove_ofMany_comparesEachAFewTimes(String order) {
    int count = 10_000;
    var future = new LoopFuture<String>(manual.loop());
    List<Numbered> callbacks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      callbacks.add(numbered(i));
      future.addDoneCallback(callbacks.getLast());
    }
    arrange(callbacks, order);
    compared = 0;

    callbacks.forEach(callback -> assertThat(future.removeDoneCallback(callback)).isEqualTo(1));

    assertThat(compared).isLessThan(10L * count);
  }

  private static void arrange(List<?> list, String order) {
    if (order.equals("backwards")) {
      Collections.reverse(list);
    } else if (order.equals("shuffled")) {
      Collections.shuffle(list, new Random(1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"forwards", "backwards", "shuffled"})
  void remove_ofMany_costsNoMoreThanOfAFew(String order) {
    Growth.assertConstant(new Removals(order));
  }

  private record Removals(String order) implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      try (var manual = new ManualLoop()) {
        manual.setPatience(Growth.PATIENCE);
        var future = new LoopFuture<String>(manual.loop());
        List<Numbered> callbacks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          callbacks.add(new Numbered(i, List.of()));
          future.addDoneCallback(callbacks.getLast());
        }
        arrange(callbacks, order);
        long before = CountingLoader.work();
        callbacks.forEach(future::removeDoneCallback);
        return CountingLoader.work() - before;
      }
    }
  }
}
