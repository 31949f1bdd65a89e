package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class QueueTest {

  private final ManualLoop manual = new ManualLoop();
  private final Queue<Integer> queue = new Queue<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  private static List<Object> drain(Queue<?> from) {
    List<Object> items = new ArrayList<>();
    while (!from.isEmpty()) {
      items.add(from.getNowait());
    }
    return items;
  }

  @Test
  void getNowait_empty_isRefused() {
    assertThatThrownBy(queue::getNowait).isInstanceOf(QueueEmptyException.class);
  }

  @Test
  void putNowait_full_isRefused() {
    var small = new Queue<Integer>(1);
    small.putNowait(1);

    assertThatThrownBy(() -> small.putNowait(2)).isInstanceOf(QueueFullException.class);

    assertThat(small.size()).isEqualTo(1);
  }

  @Test
  void getNowait_severalItems_firstInFirstOut() {
    List.of(1, 2, 3).forEach(queue::putNowait);

    assertThat(drain(queue)).containsExactly(1, 2, 3);
  }

  @Test
  void putNowait_nullItem_comesOutAsNull() {
    var nullable = new Queue<@Nullable String>();

    nullable.putNowait(null);

    assertThat(nullable).hasToString("<Queue maxsize=0 items=[null] tasks=1>");
    assertThat(nullable.getNowait()).isNull();
  }

  @Test
  void get_empty_waitsForAnItem() {
    manual.run(() -> {
      Task<Integer> getter = createTask(queue::get);
      tick();

      queue.putNowait(5);

      assertThat(getter.await()).isEqualTo(5);
    });
  }

  @Test
  void get_wokenButRobbed_waitsAgain() {
    manual.run(() -> {
      Task<Integer> getter = createTask(queue::get);
      tick();

      queue.putNowait(1);
      int stolen = queue.getNowait();
      tick();
      boolean doneAfterRobbery = getter.isDone();
      queue.putNowait(2);

      assertThat(stolen).isEqualTo(1);
      assertThat(doneAfterRobbery).isFalse();
      assertThat(getter.await()).isEqualTo(2);
    });
  }

  @Test
  void cancel_wokenGetter_losesNoItem() {
    manual.run(() -> {
      Task<Integer> first = createTask(queue::get);
      Task<Integer> second = createTask(queue::get);
      tick();

      queue.putNowait(1);
      first.cancel();

      assertThat(second.await()).isEqualTo(1);
    });
  }

  @Test
  void put_full_waitsForRoom() {
    manual.run(() -> {
      var small = new Queue<Integer>(1);
      small.putNowait(1);
      Task<?> putter = createTask(() -> small.put(2));
      tick();

      int first = small.getNowait();
      putter.await();

      assertThat(first).isEqualTo(1);
      assertThat(drain(small)).containsExactly(2);
    });
  }

  @Test
  void cancel_wokenPutter_passesTheRoomOn() {
    manual.run(() -> {
      var small = new Queue<Integer>(1);
      small.putNowait(1);
      Task<?> first = createTask(() -> small.put(2));
      Task<?> second = createTask(() -> small.put(3));
      tick();

      small.getNowait();
      first.cancel();
      second.await();

      assertThat(drain(small)).containsExactly(3);
    });
  }

  @Test
  void taskDone_tooOften_isRefused() {
    assertThatThrownBy(queue::taskDone)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("taskDone() called too many times");
  }

  @Test
  void join_allDone_returnsInTheNextTick() {
    manual.run(() -> {
      queue.putNowait(1);
      Task<?> joiner = createTask(queue::join);
      tick();
      boolean doneBefore = joiner.isDone();

      queue.getNowait();
      queue.taskDone();
      joiner.await();

      assertThat(doneBefore).isFalse();
    });
  }

  @Test
  void shutdown_itemsLeft_canStillBeTaken() {
    queue.putNowait(1);

    queue.shutdown();

    assertThatThrownBy(() -> queue.putNowait(2)).isInstanceOf(QueueShutDownException.class);
    assertThat(queue.getNowait()).isEqualTo(1);
    assertThatThrownBy(queue::getNowait).isInstanceOf(QueueShutDownException.class);
  }

  @Test
  void shutdown_withGetterAndPutter_failsBoth() {
    manual.run(() -> {
      var small = new Queue<Integer>(1);
      Task<Integer> getter = createTask(queue::get);
      small.putNowait(1);
      Task<?> putter = createTask(() -> small.put(2));
      tick();

      queue.shutdown();
      small.shutdown();

      assertThatThrownBy(getter::await).isInstanceOf(QueueShutDownException.class);
      assertThatThrownBy(putter::await).isInstanceOf(QueueShutDownException.class);
    });
  }

  @Test
  void shutdown_immediate_dropsTheItemsAndReleasesJoin() {
    manual.run(() -> {
      queue.putNowait(1);
      queue.putNowait(2);
      Task<?> joiner = createTask(queue::join);
      tick();

      queue.shutdown(true);
      joiner.await();

      assertThat(queue).hasToString("<Queue maxsize=0 shutdown>");
    });
  }

  @Test
  void shutdown_immediateWhileOneIsWorkedOn_joinWaitsForIt() {
    manual.run(() -> {
      queue.putNowait(1);
      queue.putNowait(2);
      queue.getNowait();
      Task<?> joiner = createTask(queue::join);
      tick();

      queue.shutdown(true);
      tick();
      boolean doneBefore = joiner.isDone();
      queue.taskDone();
      joiner.await();

      assertThat(doneBefore).isFalse();
    });
  }

  @Test
  void isFull_withoutLimit_isNever() {
    queue.putNowait(1);

    assertThat(queue.isFull()).isFalse();
    assertThat(new Queue<Integer>(-1).isFull()).isFalse();
  }

  @Test
  void getNowait_lifo_lastInFirstOut() {
    var lifo = new LifoQueue<Integer>();
    List.of(1, 2, 3).forEach(lifo::putNowait);

    assertThat(drain(lifo)).containsExactly(3, 2, 1);
  }

  @Test
  void getNowait_priority_smallestFirst() {
    var priority = new PriorityQueue<Integer>();
    List.of(3, 1, 2).forEach(priority::putNowait);

    assertThat(priority).hasToString("<PriorityQueue maxsize=0 items=[1, 2, 3] tasks=3>");
    assertThat(drain(priority)).containsExactly(1, 2, 3);
  }

  @Test
  void getNowait_priorityOfEquals_firstInFirstOut() {
    var priority = new PriorityQueue<String>(0, Comparator.comparingInt(String::length));
    List.of("bb", "a", "cc", "b", "dd", "c").forEach(priority::putNowait);

    assertThat(drain(priority)).containsExactly("a", "b", "c", "bb", "cc", "dd");
  }

  @Test
  void putNowait_priorityOfItemWithoutOrder_isRefused() {
    var priority = new PriorityQueue<Object>();
    priority.putNowait("text");

    assertThatThrownBy(() -> priority.putNowait(5)).isInstanceOf(ClassCastException.class);

    assertThat(drain(priority)).containsExactly("text");
  }
}
