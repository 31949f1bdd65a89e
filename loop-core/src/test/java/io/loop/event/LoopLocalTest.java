package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LoopLocalTest {

  @Test
  void get_firstTime_makesTheValue() {
    LoopLocal<List<String>> local = LoopLocal.withInitial(_ -> new ArrayList<>());
    try (Loop loop = Loop.create(new ParkPoller())) {
      List<String> value = local.get(loop);

      assertThat(local.get(loop)).isSameAs(value);
    }
  }

  @Test
  void get_twoLoops_differ() {
    LoopLocal<List<Loop>> local = LoopLocal.withInitial(List::of);
    try (Loop one = Loop.create(new ParkPoller());
        Loop other = Loop.create(new ParkPoller())) {
      assertThat(local.get(one)).containsExactly(one);
      assertThat(local.get(other)).containsExactly(other);
    }
  }

  @Test
  void get_manyKeys_keepTheirValuesApart() {
    List<LoopLocal<Integer>> keys = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int number = i;
      keys.add(LoopLocal.withInitial(_ -> number));
    }
    try (Loop loop = Loop.create(new ParkPoller())) {
      for (int i = keys.size() - 1; i >= 0; i--) {
        assertThat(keys.get(i).get(loop)).isEqualTo(i);
      }
      for (int i = 0; i < keys.size(); i++) {
        assertThat(keys.get(i).get(loop)).isEqualTo(i);
      }
    }
  }

  @Test
  void close_ofTheLoop_closesTheValue() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> local = LoopLocal.withInitial(_ -> () -> log.add("closed"));
    Loop loop = Loop.create(new ParkPoller());
    local.get(loop);

    loop.close();
    loop.close();

    assertThat(log).containsExactly("closed");
  }

  @Test
  void close_severalValues_areClosedInReverseOrderOfCreation() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> one = LoopLocal.withInitial(_ -> () -> log.add("one"));
    LoopLocal<AutoCloseable> two = LoopLocal.withInitial(_ -> () -> log.add("two"));
    LoopLocal<AutoCloseable> usesOne =
        LoopLocal.withInitial(loop -> {
          one.get(loop);
          return () -> log.add("uses one");
        });
    Loop loop = Loop.create(new ParkPoller());
    two.get(loop); // not in the order of the keys
    usesOne.get(loop);

    loop.close();

    assertThat(log).containsExactly("uses one", "one", "two");
  }

  @Test
  void close_twoLoops_haveOrdersOfTheirOwn() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> one = LoopLocal.withInitial(_ -> () -> log.add("one"));
    LoopLocal<AutoCloseable> two = LoopLocal.withInitial(_ -> () -> log.add("two"));
    Loop oneFirst = Loop.create(new ParkPoller());
    Loop twoFirst = Loop.create(new ParkPoller());
    one.get(oneFirst);
    two.get(oneFirst);
    two.get(twoFirst);
    one.get(twoFirst);

    oneFirst.close();
    twoFirst.close();

    assertThat(log).containsExactly("two", "one", "one", "two");
  }

  @Test
  void close_replacedValue_isNotClosedAndTheNewOneCountsAsLatest() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> one = LoopLocal.withInitial(_ -> () -> log.add("one"));
    LoopLocal<AutoCloseable> two = LoopLocal.withInitial(_ -> () -> log.add("two"));
    Loop loop = Loop.create(new ParkPoller());
    one.get(loop);
    two.get(loop);
    one.set(loop, () -> log.add("new one"));

    loop.close();

    assertThat(log).containsExactly("new one", "two");
  }

  @Test
  void close_valueThatIsCreatedByAnothersEnd_isClosedToo() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> late = LoopLocal.withInitial(_ -> () -> log.add("late"));
    LoopLocal<AutoCloseable> one = LoopLocal.withInitial(loop -> () -> late.get(loop));
    Loop loop = Loop.create(new ParkPoller());
    one.get(loop);

    loop.close();

    assertThat(log).containsExactly("late");
  }

  /// Tasks use what they like, so they end first, although they are values of an early key.
  @Test
  void close_taskThatUsesALaterValue_isUnwoundBeforeThatIsClosed() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> used = LoopLocal.withInitial(_ -> () -> log.add("closed"));
    Loop loop = Loop.create(new ParkPoller());
    loop.setExceptionHandler((_, report) -> log.add(report.message()));
    var _ =
        Task.create(
            loop,
            Coro.of(() -> {
              used.get(loop);
              loop.stop();
              try {
                new LoopFuture<String>().await();
              } finally {
                log.add("unwound");
              }
            }),
            TaskOptions.DEFAULT);
    loop.runForever();

    loop.close();

    assertThat(log).containsExactly("Task was destroyed but it is pending!", "unwound", "closed");
  }

  @Test
  void close_aValueFails_isReportedAndTheOthersAreClosed() {
    List<String> log = new ArrayList<>();
    LoopLocal<AutoCloseable> bad =
        LoopLocal.withInitial(_ ->
            () -> {
              throw new IllegalStateException("bad");
            });
    LoopLocal<AutoCloseable> good = LoopLocal.withInitial(_ -> () -> log.add("closed"));
    Loop loop = Loop.create(new ParkPoller());
    loop.setExceptionHandler((_, report) -> log.add(report.message()));
    good.get(loop);
    bad.get(loop);

    loop.close();

    assertThat(log).containsExactly("Exception while closing the event loop", "closed");
  }
}
