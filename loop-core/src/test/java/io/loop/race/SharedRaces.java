package io.loop.race;

import static io.loop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.sync.SharedLock;
import io.loop.sync.SharedQueue;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/// Races on what several loops and threads share: in some trials another thread hands over, while
/// the loop's thread does nothing but wait for that.
final class SharedRaces {

  private static final int SHARE_OF_THREADS = 20;

  private SharedRaces() {}

  private static void perhapsOnAThread(boolean onAThread, Coro.Action action) throws Exception {
    if (!onAThread) {
      action.run();
      return;
    }
    CompletableFuture<Void> done = CompletableFuture.runAsync(() -> Coro.of(action).await());
    while (!done.isDone()) {
      Thread.onSpinWait(); // to block here would let the loop go on
    }
    done.join();
  }

  static Race get(ManualLoop manual, Random random) {
    var queue = new SharedQueue<String>();
    boolean rivalled = random.nextBoolean();
    boolean onAThread = random.nextInt(SHARE_OF_THREADS) == 0;
    return new Race() {
      private Task<String> rival;

      @Override
      public Object await() throws Exception {
        if (rivalled) {
          rival = createTask(queue::get);
        }
        return queue.get();
      }

      @Override
      public void complete() throws Exception {
        perhapsOnAThread(onAThread, () -> assertThat(queue.offer("item")).isTrue());
      }

      @Override
      public void settle(Object value) throws Exception {
        if (rival == null) {
          assertThat(queue.size()).isEqualTo(value == null ? 1 : 0);
        } else if (value != null) {
          queue.put("item");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          assertThat(rival.result()).isEqualTo("item");
        } else if (value == null) {
          assertThat(queue.poll()).isEqualTo("item");
        }
        assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
        assertThat(queue.poll()).isNull();
      }
    };
  }

  static Race put(ManualLoop manual, Random random) throws Exception {
    var queue = new SharedQueue<String>(1);
    queue.put("first");
    boolean rivalled = random.nextBoolean();
    boolean onAThread = random.nextInt(SHARE_OF_THREADS) == 0;
    return new Race() {
      private Task<?> rival;
      private String taken;

      @Override
      public Object await() throws Exception {
        if (rivalled) {
          rival = createTask(() -> queue.put("rival's"));
        }
        queue.put("victim's");
        return "put";
      }

      @Override
      public void complete() throws Exception {
        perhapsOnAThread(onAThread, () -> taken = queue.poll());
      }

      @Override
      public void settle(Object value) {
        assertThat(taken).isEqualTo("first");
        if (value != null) {
          assertThat(queue.poll()).isEqualTo("victim's");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          assertThat(queue.poll()).isEqualTo("rival's");
        }
        assertThat(queue).hasToString("<SharedQueue maxsize=1 items=0 getters=0 putters=0>");
        assertThat(queue.offer("room")).as("a cancelled put gives its place back").isTrue();
      }
    };
  }

  /// A third task has the lock until the trial lets it go on; the victim waits behind it.
  static Race lock(ManualLoop manual, Random random) {
    var lock = new SharedLock();
    var gate = new SharedQueue<String>(1);
    return new Race() {
      private final Task<?> holder =
          createTask(() ->
              lock.with(() -> {
                gate.get();
              }));
      private Task<?> rival;

      @Override
      public Object await() throws Exception {
        rival = createTask(() -> lock.with(() -> {}));
        lock.acquire();
        lock.release();
        return "lock";
      }

      @Override
      public void complete() {
        assertThat(gate.offer("open")).isTrue();
      }

      @Override
      public void settle(Object value) {
        Trials.awaitEnd(holder, "the holder");
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
        }
        assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>");
      }
    };
  }
}
