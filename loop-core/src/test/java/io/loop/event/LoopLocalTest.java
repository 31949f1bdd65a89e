package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

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
    bad.get(loop);
    good.get(loop);

    loop.close();

    assertThat(log).containsExactly("Exception while closing the event loop", "closed");
  }
}
