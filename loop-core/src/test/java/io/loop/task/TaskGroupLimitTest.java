package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gatherCancelSiblings;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.scope.TaskGroup;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskGroupLimitTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();
  private int running;
  private int most;

  @AfterEach
  void close() {
    manual.close();
  }

  private void work() {
    running++;
    most = Math.max(most, running);
    try {
      sleep(SECOND);
    } finally {
      running--;
    }
  }

  @Test
  void limit_boundsHowManyRun_inTheOrderTheyWereMade() {
    manual.run(() ->
        new TaskGroup(3)
            .with(group -> {
              for (int i = 0; i < 10; i++) {
                int n = i;
                group.createTask(() -> {
                  log.add("start " + n);
                  work();
                });
              }
              return null;
            }));

    assertThat(most).isEqualTo(3);
    assertThat(log)
        .containsExactlyElementsOf(IntStream.range(0, 10).mapToObj(n -> "start " + n).toList());
    assertThat(manual.loop().time()).isEqualTo(SECOND.multipliedBy(4));
  }

  @Test
  void limit_cancelledWhileWaiting_neverStartsAndTakesNoPlace() {
    manual.run(() ->
        new TaskGroup(1)
            .with(group -> {
              group.createTask(this::work);
              Task<Boolean> waiting = group.createTask(() -> log.add("never"));
              Task<Boolean> last = group.createTask(() -> log.add("last"));
              sleep(TICK);

              waiting.cancel();
              last.await();

              return null;
            }));

    assertThat(log).containsExactly("last");
  }

  @Test
  void limit_cancelledWhenItHasJustBeenGivenAPlace_passesItOn() {
    manual.run(() ->
        new TaskGroup(1)
            .with(group -> {
              var go = new LoopFuture<@Nullable Void>();
              group.createTask(() -> sleepUntil(go));
              Task<Boolean> next = group.createTask(() -> log.add("never"));
              group.createTask(() -> log.add("last"));
              sleep(TICK);
              go.setResult(null);
              manual.loop().callSoon(next::cancel); // behind the release, before the next step
              sleep(TICK);
              return null;
            }));

    assertThat(log).containsExactly("last");
  }

  private static void sleepUntil(LoopFuture<@Nullable Void> future) {
    future.await();
  }

  @Test
  void limit_belowOne_isRefused() {
    assertThatThrownBy(() -> new TaskGroup(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void map_givesTheResultsInTheOrderOfTheItems() {
    List<Integer> results =
        manual.run(() ->
            TaskGroup.map(
                List.of(3, 1, 2),
                2,
                n -> {
                  sleep(SECOND.multipliedBy(n));
                  return n * 10;
                }));

    assertThat(results).containsExactly(30, 10, 20);
    assertThat(manual.loop().time()).isEqualTo(SECOND.multipliedBy(3));
  }

  @Test
  void map_takesTheNextItemOnlyWhenThereIsRoom() {
    var taken = new AtomicInteger();
    var ended = new AtomicInteger();
    Iterable<Integer> items =
        () ->
            new Iterator<>() {
              @Override
              public boolean hasNext() {
                return taken.get() < 100;
              }

              @Override
              public Integer next() {
                return taken.getAndIncrement();
              }
            };

    manual.run(() ->
        TaskGroup.map(
            items,
            5,
            _ -> {
              work();
              ended.incrementAndGet();
              assertThat(taken.get()).isLessThanOrEqualTo(ended.get() + 5);
              return null;
            }));

    assertThat(taken).hasValue(100);
    assertThat(most).isEqualTo(5);
  }

  @Test
  void map_oneEndsAsCancelledByItself_cancelsTheOthersAndThrowsItsError() {
    manual.run(() -> {
      assertThatThrownBy(() ->
              TaskGroup.map(
                  List.of(1, 2, 3),
                  2,
                  n -> {
                    if (n == 2) {
                      sleep(SECOND);
                      throw new CancelledError("by itself");
                    }
                    sleep(DAY);
                    return n;
                  }))
          .isInstanceOf(CancelledError.class)
          .hasMessage("by itself");

      assertThat(Task.current().cancelling()).isZero();
      assertThat(Task.all()).containsExactly(Task.current());
    });

    assertThat(manual.loop().time()).isEqualTo(SECOND);
  }

  @Test
  void map_oneEndsAsCancelledWhileTheNextItemIsAwaited_doesNotWaitOn() {
    manual.run(() -> {
      var never = new LoopFuture<Integer>();
      Iterable<Integer> items =
          () ->
              new Iterator<>() {
                private boolean first = true;

                @Override
                public boolean hasNext() {
                  return true;
                }

                @Override
                public Integer next() {
                  if (first) {
                    first = false;
                    return 1;
                  }
                  return never.await();
                }
              };

      assertThatThrownBy(() ->
              TaskGroup.map(
                  items,
                  2,
                  _ -> {
                    var given = new LoopFuture<Void>();
                    given.cancel();
                    return given.await();
                  }))
          .isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void map_oneFails_cancelsTheOthersAndThrowsAGroup() {
    manual.run(() -> {
      assertThatThrownBy(() ->
              TaskGroup.map(
                  List.of(1, 2, 3),
                  2,
                  n -> {
                    try {
                      sleep(SECOND);
                      if (n == 1) {
                        throw new IOException("x");
                      }
                      sleep(DAY);
                    } catch (CancelledError cancelled) {
                      log.add("cancelled " + n);
                      throw cancelled;
                    }
                    return n;
                  }))
          .isInstanceOfSatisfying(
              ExceptionGroup.class,
              group ->
                  assertThat(group.exceptions()).singleElement().isInstanceOf(IOException.class));
    });

    assertThat(log).containsExactly("cancelled 2");
  }

  @Test
  void gatherCancelSiblings_oneFails_endsWhenTheOthersHave() {
    manual.run(() -> {
      Task<Integer> bad =
          createTask(() -> {
            sleep(SECOND);
            throw new IOException("x");
          });
      Task<Integer> slow =
          createTask(() -> {
            try {
              sleep(DAY);
            } finally {
              sleep(SECOND);
              log.add("cleaned up");
            }
            return 1;
          });

      assertThatThrownBy(() -> gatherCancelSiblings(List.of(slow, bad)).await())
          .isInstanceOf(IOException.class);

      assertThat(slow.isCancelled()).isTrue();
      assertThat(log).containsExactly("cleaned up");
    });
  }

  @Test
  void gatherCancelSiblings_allSucceed_givesTheResults() {
    manual.run(() ->
        assertThat(gatherCancelSiblings(List.<Coro<Integer>>of(() -> 1, () -> 2)).await())
            .containsExactly(1, 2));
  }

  @Test
  void gatherCancelSiblings_cancelled_endsWhenAllHave() {
    manual.run(() -> {
      LoopFuture<List<@Nullable Void>> all =
          gatherCancelSiblings(List.of(Coro.of(() -> work()), Coro.of(() -> work())));
      sleep(TICK);

      all.cancel();

      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);
      assertThat(running).isZero();
    });
  }

  @Test
  void gatherCancelSiblings_ofOneThatHasFailed_cancelsTheOthers() {
    manual.run(() -> {
      var failed = new LoopFuture<@Nullable Void>();
      failed.setException(new IOException("x"));
      Task<@Nullable Void> slow = createTask(() -> sleep(DAY));

      LoopFuture<List<@Nullable Void>> all = gatherCancelSiblings(List.of(slow, failed));

      assertThatThrownBy(all::await).isInstanceOf(IOException.class);
      assertThat(slow.isCancelled()).isTrue();
    });
  }
}
