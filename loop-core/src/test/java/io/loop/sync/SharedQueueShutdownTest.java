package io.loop.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Shared queues that are shut down.
final class SharedQueueShutdownTest extends SharedQueueFixture {

  private static final Duration LONG = Duration.ofHours(1);

  @Test
  void shutdown_refusesItemsAndLetsWaitersGo() throws Exception {
    narrow.offer("0");
    Task<String> putter = putter(here, "1");
    Task<String> getter = getter(here);
    Thread thread = waiting(queue, getting(queue));

    narrow.shutdown();
    queue.shutdown();
    here.runUntilIdle();
    thread.join();

    assertThat(putter.exception()).isInstanceOf(QueueShutDownException.class);
    assertThat(getter.exception()).isInstanceOf(QueueShutDownException.class);
    assertThat(events).containsExactly("shut down");
    assertThatThrownBy(() -> narrow.offer("2")).isInstanceOf(QueueShutDownException.class);
    assertThatThrownBy(() -> narrow.put("2")).isInstanceOf(QueueShutDownException.class);
    assertThat(narrow.get()).isEqualTo("0");
    assertThatThrownBy(narrow::get).isInstanceOf(QueueShutDownException.class);
    assertThatThrownBy(narrow::poll).isInstanceOf(QueueShutDownException.class);
    assertThatThrownBy(() -> narrow.poll(LONG)).isInstanceOf(QueueShutDownException.class);
  }

  @Test
  void shutdown_immediate_dropsTheItemsAlsoThosePromised() {
    Task<String> getter = getter(here);
    queue.offer("x");
    queue.offer("y");

    queue.shutdown(true);
    here.runUntilIdle();

    assertThat(queue.size()).isZero();
    assertThat(getter.exception()).isInstanceOf(QueueShutDownException.class);
    assertThatThrownBy(queue::poll).isInstanceOf(QueueShutDownException.class);
  }

  @Test
  void shutdown_roomIsOnTheWayToAPutter_itIsRefusedAsInAsyncio() {
    narrow.offer("0");
    Task<String> putter = putter(here, "1");
    assertThat(narrow.poll()).isEqualTo("0");

    narrow.shutdown();
    here.runUntilIdle();

    assertThat(putter.exception()).isInstanceOf(QueueShutDownException.class);
    assertThat(narrow.size()).isZero();
  }

  @Test
  void shutdown_theLastItemIsPromised_othersWaitUntilItIsTaken() {
    Task<String> promised = getter(here);
    queue.offer("x");
    Task<String> next = getter(there);

    queue.shutdown();
    there.runUntilIdle();
    boolean waits = !next.isDone();
    here.runUntilIdle();
    there.runUntilIdle();

    assertThat(waits).isTrue();
    assertThat(promised.result()).isEqualTo("x");
    assertThat(next.exception()).isInstanceOf(QueueShutDownException.class);
  }

  @Test
  void shutdown_theLastItemIsPromisedAndComesBack_theNextGetsIt() {
    Task<String> promised = getter(here);
    queue.offer("x");
    Task<String> next = getter(there);

    queue.shutdown();
    promised.cancel();
    here.runUntilIdle();
    there.runUntilIdle();

    assertThat(next.result()).isEqualTo("x");
  }
}
