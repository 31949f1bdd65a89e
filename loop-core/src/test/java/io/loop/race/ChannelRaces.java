package io.loop.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.channel.Broadcast;
import io.loop.channel.Broadcast.WhenFull;
import io.loop.channel.ChannelEnds;
import io.loop.channel.Watched;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.util.Random;

/// Races on channels: what was sent is what was received and what is left.
final class ChannelRaces {

  private ChannelRaces() {}

  /// Starts a task, also from a callback.
  private static <T> Task<T> task(ManualLoop manual, Coro<T> body) {
    return Task.create(manual.loop(), body, TaskOptions.DEFAULT);
  }

  static Race receive(ManualLoop manual, Random random) {
    int capacity = random.nextInt(2);
    boolean rivalled = random.nextBoolean();
    var ends = ChannelEnds.<String>open(capacity);
    return new Race() {
      private Task<String> rival;
      private Task<?> sending;

      @Override
      public Object await() {
        if (rivalled) {
          rival = task(manual, ends.receiver()::receive);
        }
        return ends.receiver().receive();
      }

      @Override
      public void complete() {
        sending = task(manual, Coro.of(() -> ends.sender().send("item")));
      }

      @Override
      public void settle(Object value) {
        if (value != null && rival != null) {
          sending = task(manual, Coro.of(() -> ends.sender().send("item")));
        }
        if (value == null && rival == null) {
          assertThat(ends.receiver().receive()).isEqualTo("item");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          assertThat(rival.result()).isEqualTo("item");
        }
        Trials.awaitEnd(sending, "the sender");
        sending.result();
        assertThat(ends.receiver().toString())
            .contains("items=0/" + capacity, "sending=0 receiving=0");
        for (int i = 0; i < capacity; i++) {
          assertThat(ends.sender().trySend("room")).isTrue();
        }
        assertThat(ends.sender().trySend("too many")).as("no room is made up").isFalse();
      }
    };
  }

  static Race send(ManualLoop manual, Random random) {
    int capacity = random.nextInt(2);
    boolean rivalled = random.nextBoolean();
    var ends = ChannelEnds.<String>open(capacity);
    for (int i = 0; i < capacity; i++) {
      ends.sender().trySend("first");
    }
    return new Race() {
      private Task<?> rival;
      private Task<String> receiving;

      @Override
      public Object await() {
        if (rivalled) {
          rival = task(manual, Coro.of(() -> ends.sender().send("rival's")));
        }
        ends.sender().send("victim's");
        return "sent";
      }

      @Override
      public void complete() {
        receiving = task(manual, ends.receiver()::receive);
      }

      @Override
      public void settle(Object value) {
        int sent = capacity + (value == null ? 0 : 1) + (rival == null ? 0 : 1);
        if (sent == 0) {
          receiving.cancel();
        }
        Trials.awaitEnd(receiving, "the receiver");
        for (int i = 1; i < sent; i++) {
          String item = ends.receiver().receive();
          assertThat(value != null || !item.equals("victim's")).isTrue();
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
        }
        assertThat(ends.receiver().tryReceive()).as("a cancelled send sends nothing").isEmpty();
        assertThat(ends.sender().toString()).contains("items=0", "sending=0 receiving=0");
      }
    };
  }

  static Race broadcast(ManualLoop manual, Random random) {
    var broadcast = new Broadcast<String>(1, WhenFull.WAIT);
    var subscription = broadcast.subscribe();
    broadcast.trySend("first");
    return new Race() {
      private Task<?> rival;

      @Override
      public Object await() {
        rival = task(manual, () -> broadcast.send("rival's"));
        broadcast.send("victim's");
        return "sent";
      }

      @Override
      public void complete() {
        assertThat(subscription.tryReceive()).contains("first");
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          assertThat(subscription.receive()).isEqualTo("victim's");
        }
        if (rival != null) {
          Trials.awaitEnd(rival, "the rival");
          assertThat(subscription.receive()).isEqualTo("rival's");
        }
        assertThat(subscription.tryReceive()).isEmpty();
        assertThat(broadcast.toString()).contains("sending=0");
      }
    };
  }

  static Race subscription(ManualLoop manual, Random random) {
    var broadcast = new Broadcast<String>(1, WhenFull.DROP_OLDEST);
    var subscription = broadcast.subscribe();
    return new Race() {
      @Override
      public Object await() {
        return subscription.receive();
      }

      @Override
      public void complete() {
        broadcast.trySend("item");
      }

      @Override
      public void settle(Object value) {
        assertThat(subscription.tryReceive().isPresent()).isEqualTo(value == null);
        assertThat(subscription.toString()).contains("items=0/1 receiving=0");
      }
    };
  }

  static Race watched(ManualLoop manual, Random random) {
    var watched = new Watched<>("old");
    var watcher = watched.watch();
    return new Race() {
      @Override
      public Object await() {
        return watcher.changed();
      }

      @Override
      public void complete() {
        watched.set("new");
      }

      @Override
      public void settle(Object value) {
        assertThat(watcher.hasChanged()).isEqualTo(value == null);
        assertThat(watcher.get()).isEqualTo("new");
        assertThat(watched.toString()).contains("watching=0");
      }
    };
  }
}
