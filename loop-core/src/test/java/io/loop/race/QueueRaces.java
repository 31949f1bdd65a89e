package io.loop.race;

import static io.loop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.sync.Queue;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.util.Random;

/// Races on a queue: what was put is what was got and what is left.
final class QueueRaces {

  private QueueRaces() {}

  static Race get(ManualLoop manual, Random random) {
    var queue = new Queue<String>();
    boolean rivalled = random.nextBoolean();
    return new Race() {
      private Task<String> rival;

      @Override
      public Object await() {
        if (rivalled) {
          rival = createTask(queue::get);
        }
        return queue.get();
      }

      @Override
      public void complete() {
        queue.putNowait("item");
      }

      @Override
      public void settle(Object value) {
        if (rival == null) {
          assertThat(queue.size()).isEqualTo(value == null ? 1 : 0);
        } else if (value != null) {
          queue.putNowait("item");
        }
        if (value != null) {
          assertThat(value).isEqualTo("item");
        }
        String left = left();
        if (left != null) {
          assertThat(left).isEqualTo("item");
        }
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.toString()).doesNotContain("getters", "putters");
      }

      private String left() {
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          return rival.result();
        }
        return queue.isEmpty() ? null : queue.getNowait();
      }
    };
  }

  static Race put(ManualLoop manual, Random random) {
    var queue = new Queue<String>(1);
    queue.putNowait("first");
    boolean rivalled = random.nextBoolean();
    return new Race() {
      private Task<?> rival;
      private String taken;

      @Override
      public Object await() {
        if (rivalled) {
          rival = createTask(() -> queue.put("rival's"));
        }
        queue.put("victim's");
        return "put";
      }

      @Override
      public void complete() {
        taken = queue.getNowait();
      }

      @Override
      public void settle(Object value) {
        assertThat(taken).isEqualTo("first");
        if (value != null) {
          assertThat(queue.getNowait()).isEqualTo("victim's");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          assertThat(queue.getNowait()).isEqualTo("rival's");
        }
        assertThat(queue.isEmpty()).as("a cancelled put puts nothing").isTrue();
        assertThat(queue.toString()).doesNotContain("getters", "putters");
      }
    };
  }

  static Race join(ManualLoop manual, Random random) {
    var queue = new Queue<String>();
    queue.putNowait("item");
    return new Race() {
      @Override
      public Object await() {
        queue.join();
        return "joined";
      }

      @Override
      public void complete() {
        assertThat(queue.getNowait()).isEqualTo("item");
        queue.taskDone();
      }

      @Override
      public void settle(Object value) {
        queue.join(); // does not wait
        assertThat(queue).hasToString("<Queue maxsize=0>");
      }
    };
  }
}
