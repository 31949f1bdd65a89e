package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReadyQueueTest {

  private final Loop loop = Loop.create(new ParkPoller());
  private final ReadyQueue queue = new ReadyQueue();

  private Handle handle() {
    return new Handle(loop, () -> {}, null);
  }

  private List<Handle> addMany(int count) {
    List<Handle> added = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Handle handle = handle();
      queue.add(handle);
      added.add(handle);
    }
    return added;
  }

  private List<Handle> pollAll() {
    List<Handle> polled = new ArrayList<>();
    for (Handle handle; (handle = queue.poll()) != null; ) {
      polled.add(handle);
    }
    return polled;
  }

  @Test
  void poll_empty_isNull() {
    assertThat(queue.poll()).isNull();
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.size()).isZero();
  }

  @Test
  void poll_some_givesThemFirstInFirstOut() {
    List<Handle> added = addMany(10);

    assertThat(queue.size()).isEqualTo(10);
    assertThat(pollAll()).containsExactlyElementsOf(added);
  }

  @Test
  void add_moreThanItHolds_growsAndKeepsTheOrder() {
    List<Handle> added = addMany(10_000);

    assertThat(pollAll()).containsExactlyElementsOf(added);
  }

  @Test
  void add_whenTheRingIsWrapped_growsAndKeepsTheOrder() {
    addMany(200);
    pollAll();
    List<Handle> added = addMany(1_000);

    assertThat(pollAll()).containsExactlyElementsOf(added);
  }

  @Test
  void get_afterItHasGrown_isTheHandleOfThatPlace() {
    addMany(200);
    pollAll();
    long first = queue.nextPlace();
    List<Handle> added = addMany(1_000);

    Handle taken = queue.poll();

    assertThat(taken).isSameAs(added.getFirst());
    assertThat(queue.firstPlace()).isEqualTo(first + 1);
    assertThat(queue.nextPlace()).isEqualTo(first + 1_000);
    for (int i = 1; i < 1_000; i++) {
      assertThat(queue.get(first + i)).isSameAs(added.get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void anyOperations_agreeWithADeque(long seed) {
    var random = new Random(seed);
    var model = new ArrayDeque<Handle>();

    for (int i = 0; i < 20_000; i++) {
      if (random.nextInt(100) < 52) {
        Handle handle = handle();
        queue.add(handle);
        model.add(handle);
      } else {
        assertThat(queue.poll()).isSameAs(model.poll());
      }
      assertThat(queue.size()).isEqualTo(model.size());
    }
  }
}
