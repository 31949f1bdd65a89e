package io.loop.sync;

import static io.loop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// The test's own thread counts as one that is no loop's: both loops run only when it says so.
final class SharedQueueTest extends SharedQueueFixture {

  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void get_itemIsThere_doesNotSuspend() {
    assertThat(queue.offer("x")).isTrue();

    here.run(() -> {
      Asyncio.createTask(() -> events.add("other"));

      assertThat(queue.get()).isEqualTo("x");
      assertThat(events).isEmpty();
    });
  }

  @Test
  void get_empty_goesOnWithWhatAThreadPuts() {
    Task<String> getter = getter(here);

    Threads.onThread(() -> queue.put("x"));
    here.runUntilIdle();

    assertThat(getter.result()).isEqualTo("x");
    assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
  }

  @Test
  void put_onTheGettersOwnLoop_wakesItInTheNextTick() {
    Task<String> getter = getter(here);
    Task<?> putter = Task.create(here.loop(), Coro.of(() -> queue.put("x")), TaskOptions.DEFAULT);

    here.tick();
    here.tick();

    assertThat(putter.isDone()).isTrue();
    assertThat(getter.isDone()).isTrue();
  }

  @Test
  void waiters_ofSeveralLoopsAndThreads_areServedInOrderOfArrival() throws Exception {
    Task<String> first = getter(there);
    Thread second = waiting(queue, getting(queue));
    Task<String> third = getter(here);

    queue.put("1");
    there.runUntilIdle();
    here.runUntilIdle();
    boolean onlyTheFirst = first.isDone() && !third.isDone() && events.isEmpty();
    queue.put("2");
    second.join();
    here.runUntilIdle();
    boolean notTheThird = !third.isDone();
    queue.put("3");
    here.runUntilIdle();

    assertThat(onlyTheFirst).isTrue();
    assertThat(first.result()).isEqualTo("1");
    assertThat(events).containsExactly("2");
    assertThat(notTheThird).isTrue();
    assertThat(third.result()).isEqualTo("3");
  }

  @Test
  void poll_itemIsPromised_doesNotOvertake() {
    Task<String> getter = getter(here);

    queue.offer("x");

    assertThat(queue.size()).isEqualTo(1);
    assertThat(queue.poll()).isNull();
    here.runUntilIdle();
    assertThat(getter.result()).isEqualTo("x");
    assertThat(queue.size()).isZero();
  }

  @Test
  void put_full_waitsForRoomInOrderOfArrival() throws Exception {
    narrow.put("0");
    Task<String> first = putter(there, "1");
    Thread second =
        waiting(
            narrow,
            () -> {
              try {
                narrow.put("2");
              } catch (InterruptedException interrupted) {
                events.add("interrupted");
              }
            });

    assertThat(narrow.offer("newcomer")).isFalse();
    assertThat(narrow.get()).isEqualTo("0");
    assertThat(narrow.offer("newcomer")).isFalse();
    there.runUntilIdle();
    assertThat(first.isDone()).isTrue();
    assertThat(narrow.get()).isEqualTo("1");
    second.join();
    assertThat(narrow.get()).isEqualTo("2");
    assertThat(narrow).hasToString("<SharedQueue maxsize=1 items=0 getters=0 putters=0>");
  }

  @Test
  void get_cancelledWithItsItemOnTheWay_leavesItToTheNext() {
    Task<String> cancelled = getter(here);
    Task<String> next = getter(there);

    queue.offer("x");
    cancelled.cancel();
    here.runUntilIdle();
    there.runUntilIdle();

    assertThat(cancelled.isCancelled()).isTrue();
    assertThat(next.result()).isEqualTo("x");
  }

  @Test
  void get_cancelledWithItsItemOnTheWayAndNobodyElse_leavesItInTheQueue() {
    Task<String> cancelled = getter(here);

    queue.offer("x");
    cancelled.cancel();
    here.runUntilIdle();

    assertThat(queue.poll()).isEqualTo("x");
  }

  @Test
  void put_cancelled_putsNothingAndLeavesItsPlaceToTheNext() {
    narrow.offer("0");
    Task<String> cancelled = putter(here, "1");
    Task<String> next = putter(there, "2");

    assertThat(narrow.poll()).isEqualTo("0");
    cancelled.cancel();
    here.runUntilIdle();
    there.runUntilIdle();

    assertThat(next.isDone()).isTrue();
    assertThat(narrow.poll()).isEqualTo("2");
    assertThat(narrow.poll()).isNull();
  }

  @Test
  void get_threadIsInterrupted_throwsAndLeavesItsPlace() throws Exception {
    Thread thread = waiting(queue, getting(queue));
    Task<String> next = getter(here);

    thread.interrupt();
    thread.join();
    queue.offer("x");
    here.runUntilIdle();

    assertThat(events).containsExactly("interrupted");
    assertThat(next.result()).isEqualTo("x");
  }

  @Test
  void loopThatCloses_itsWaitersLeaveAndPassOnWhatTheyWereGiven() {
    Task<String> given = getter(here);
    Task<String> behind = getter(here);
    Task<String> next = getter(there);

    queue.offer("x");
    here.close();
    there.runUntilIdle();

    assertThat(given.isCancelled()).isTrue();
    assertThat(behind.isCancelled()).isTrue();
    assertThat(next.result()).isEqualTo("x");
    assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
  }

  @Test
  void callback_thatWouldWait_isRefusedEvenIfItNeedNot() {
    queue.offer("x");
    here.loop()
        .callSoon(() -> {
          for (Coro.Action call :
              List.<Coro.Action>of(
                  queue::get,
                  () -> queue.poll(SECOND),
                  () -> queue.put("y"),
                  () -> queue.offer("y", SECOND))) {
            assertThatThrownBy(call::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a callback must not wait");
          }
          events.add(queue.poll());
          events.add(queue.offer("z") ? "offered" : "refused");
        });

    here.runUntilIdle();

    assertThat(events).containsExactly("x", "offered");
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void poll_inACoroutine_waitsForSoLongOnTheLoopsClock() {
    here.run(() -> {
      Duration before = here.clock().time();

      assertThat(queue.poll(SECOND)).isNull();
      assertThat(here.clock().time().minus(before)).isEqualTo(SECOND);
      assertThat(queue.poll(Duration.ZERO)).isNull();
      assertThat(narrow.offer("0", SECOND)).isTrue();
      assertThat(narrow.offer("1", SECOND)).isFalse();
      assertThat(here.clock().time().minus(before)).isEqualTo(SECOND.multipliedBy(2));
    });

    assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
  }

  @Test
  void poll_inACoroutineThatGetsAnItem_leavesNoTimer() {
    Task<String> getter = start(here, () -> queue.poll(LONG));

    queue.offer("x");
    here.runUntilIdle();

    assertThat(getter.result()).isEqualTo("x");
    assertThat(here.clock().time()).isLessThan(LONG);
  }

  @Test
  void poll_inAThread_waitsForSoLong() throws Exception {
    assertThat(queue.poll(Duration.ofMillis(1))).isNull();
    assertThat(queue.poll(Duration.ofSeconds(-1))).isNull();
    assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");

    Task<String> getter = getter(here);
    queue.offer("x");
    here.runUntilIdle();
    assertThat(getter.result()).isEqualTo("x");
  }

  @Test
  void get_inATimeout_timesOutAndLosesNothing() {
    here.run(() -> {
      assertThatThrownBy(() -> timeout(SECOND, () -> queue.get()))
          .isInstanceOf(TimeoutException.class);
      queue.put("x");
      assertThat(queue.get()).isEqualTo("x");
    });
  }

  @Test
  void get_afterABlockingCall_hasItsTurnAgain() {
    here.setPatience(Duration.ofSeconds(30)); // for the threads
    var released = new CountDownLatch(1);
    here.run(() -> {
      Task<?> blocked =
          Asyncio.createTask(() -> {
            released.await();
            events.add(queue.get());
            events.add(queue.offer("y") ? "offered" : "refused");
          });
      Asyncio.createTask(() -> Threads.onThread(released::countDown));
      queue.put("x");
      blocked.await();
    });

    assertThat(events).containsExactly("x", "offered");
  }
}
