package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.scope.TaskGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Bodies leave a scope after a blocking call, many at once. On the portable carrier they are not
/// on the loop at that moment.
final class ScopeExitTest {

  private static final int BODIES = 120;
  private static final int LIMIT = 30;
  private static final Duration STANDSTILL = Duration.ofSeconds(30);

  /// Blocks, and not all of the bodies for the same time.
  private static void block(int number) throws InterruptedException {
    Thread.sleep(1 + number % 3);
  }

  private static void run(Coro.Action body) {
    Asyncio.run(() -> Asyncio.timeout(STANDSTILL, body));
  }

  @Test
  void limitedGroup_bodiesBlockAndEnd_everyBodyGetsASlot() {
    var finished = new ArrayList<Integer>();

    run(() ->
        new TaskGroup(LIMIT)
            .with(group -> {
              for (int i = 0; i < BODIES; i++) {
                int number = i;
                group
                    .createTask(() -> {
                      block(number);
                      return number;
                    })
                    .addDoneCallback(done -> finished.add(number));
              }
              return null;
            }));

    assertThat(finished).hasSize(BODIES).doesNotHaveDuplicates();
  }

  @Test
  void limitedGroup_bodiesBlockAndFail_endsWithTheirFailures() {
    run(() ->
        assertThatThrownBy(() ->
                new TaskGroup(LIMIT)
                    .with(group -> {
                      for (int i = 0; i < BODIES; i++) {
                        int number = i;
                        group.createTask(() -> {
                          block(number);
                          throw new IllegalArgumentException("failed after it has blocked");
                        });
                      }
                      return null;
                    }))
            .isInstanceOf(ExceptionGroup.class));
  }

  @Test
  void map_itemsAndWorkBlock_everyItemHasItsResult() {
    List<Integer> items = IntStream.range(0, BODIES).boxed().toList();
    Iterable<Integer> blocking =
        () -> {
          Iterator<Integer> each = items.iterator();
          return new Iterator<>() {
            @Override
            public boolean hasNext() {
              return each.hasNext();
            }

            @Override
            public Integer next() {
              Integer item = each.next();
              try {
                block(item % 2);
              } catch (InterruptedException unexpected) {
                throw new IllegalStateException(unexpected);
              }
              return item;
            }
          };
        };
    var results = new ArrayList<Integer>();

    run(() ->
        results.addAll(
            TaskGroup.map(
                blocking,
                4,
                item -> {
                  block(item);
                  return item;
                })));

    assertThat(results).isEqualTo(items);
  }

  @Test
  void timeout_bodiesBlockAndLeave_otherDeadlinesPassInTime() {
    var expired = new ArrayList<Integer>();

    run(() ->
        TaskGroup.run(group -> {
          for (int i = 0; i < BODIES; i++) {
            int number = i;
            group.createTask(() -> {
              for (int round = 0; round < 3; round++) {
                Asyncio.timeout(Duration.ofSeconds(20), () -> block(number));
              }
              try {
                Asyncio.timeout(Duration.ofMillis(1 + number % 7), () -> Asyncio.sleep(STANDSTILL));
              } catch (TimeoutException onTime) {
                expired.add(number);
              }
            });
          }
        }));

    assertThat(expired).hasSize(BODIES).doesNotHaveDuplicates();
  }

  @Test
  void group_bodiesBlockAndLeave_waitsForItsTasks() {
    var ended = new ArrayList<Integer>();

    run(() ->
        TaskGroup.run(outer -> {
          for (int i = 0; i < BODIES; i++) {
            int number = i;
            outer.createTask(() -> {
              TaskGroup.run(inner -> {
                inner.createTask(() -> Asyncio.sleep(Duration.ofMillis(number % 5)));
                block(number);
                inner.createTask(() -> block(number));
                block(number);
              });
              Asyncio.sleep(Duration.ZERO);
              ended.add(number);
            });
          }
        }));

    assertThat(ended).hasSize(BODIES).doesNotHaveDuplicates();
  }

  @Test
  void group_cancelledByABodyThatHasBlocked_endsAll() {
    var ended = new ArrayList<Integer>();

    run(() ->
        TaskGroup.run(outer -> {
          for (int i = 0; i < BODIES; i++) {
            int number = i;
            outer.createTask(() -> {
              TaskGroup.run(inner -> {
                inner.createTask(() -> Asyncio.sleep(STANDSTILL));
                block(number);
                inner.cancel();
              });
              Asyncio.sleep(Duration.ZERO);
              ended.add(number);
            });
          }
        }));

    assertThat(ended).hasSize(BODIES).doesNotHaveDuplicates();
  }
}
