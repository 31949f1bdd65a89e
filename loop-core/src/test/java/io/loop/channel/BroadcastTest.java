package io.loop.channel;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.channel.Broadcast.WhenFull;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BroadcastTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  @Test
  void send_severalSubscriptions_eachGetsWhatComesAfterIt() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(8, WhenFull.WAIT);
      int nobody = broadcast.send(0);
      var early = broadcast.subscribe();
      broadcast.send(1);
      var late = broadcast.subscribe();
      int both = broadcast.send(2);
      broadcast.close();

      assertThat(List.of(nobody, both)).containsExactly(0, 2);
      assertThat(early).containsExactly(1, 2);
      assertThat(late).containsExactly(2);
      assertThat(broadcast.subscribe()).isEmpty();
    });
  }

  @Test
  void send_waits_untilTheSlowestHasRoom() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
      var slow = broadcast.subscribe();
      var fast = broadcast.subscribe();
      broadcast.send(1);
      Task<?> second = createTask(() -> broadcast.send(2));
      Task<?> third = createTask(() -> broadcast.send(3));
      fast.receive();
      tick();
      boolean sentBefore = second.isDone();
      boolean overtakes = broadcast.trySend(4);

      List<Integer> received = new ArrayList<>();
      received.add(slow.receive());
      second.await();
      received.add(fast.receive());
      received.add(slow.receive());
      third.await();
      received.add(slow.receive());

      assertThat(sentBefore).isFalse();
      assertThat(overtakes).isFalse();
      assertThat(received).containsExactly(1, 2, 2, 3);
      assertThat(slow.missed()).isZero();
    });
  }

  @Test
  void send_dropsOldest_andTellsHowManyWereMissed() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(2, WhenFull.DROP_OLDEST);
      var slow = broadcast.subscribe();
      for (int i = 1; i <= 5; i++) {
        broadcast.send(i);
      }
      broadcast.close();

      List<String> received = new ArrayList<>();
      for (int item : slow) {
        received.add(item + " after " + slow.missed() + " missed");
      }

      assertThat(received).containsExactly("4 after 3 missed", "5 after 0 missed");
    });
  }

  @Test
  void close_fullSubscription_letsTheSenderGoOn() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
      var slow = broadcast.subscribe();
      broadcast.send(1);
      Task<Integer> sending = createTask(() -> broadcast.send(2));
      tick();

      slow.close();

      assertThat(sending.await()).isZero();
      assertThatThrownBy(slow::receive).hasMessage("This subscription is closed.");
    });
  }

  @Test
  void close_whileTasksWait_endsThem() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
      var full = broadcast.subscribe();
      var empty = broadcast.subscribe();
      broadcast.send(1);
      empty.receive();
      Task<Integer> receiving = createTask(empty::receive);
      Task<Integer> sending = createTask(() -> broadcast.send(2));
      Task<Integer> next = createTask(() -> broadcast.send(3));
      tick();

      broadcast.close();
      broadcast.close();

      assertThatThrownBy(receiving::await).isInstanceOf(EndOfChannelException.class);
      assertThatThrownBy(sending::await).hasMessage("This broadcast is closed.");
      assertThatThrownBy(next::await).hasMessage("This broadcast is closed.");
      assertThat(full).containsExactly(1);
    });
  }

  @Test
  void cancel_senderThatFoundRoom_letsTheNextGoOn() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
      var subscription = broadcast.subscribe();
      broadcast.send(1);
      Task<Integer> first = createTask(() -> broadcast.send(2));
      Task<Integer> second = createTask(() -> broadcast.send(3));
      tick();

      subscription.receive();
      first.cancel();
      second.await();

      assertThat(first.isCancelled()).isTrue();
      assertThat(subscription.receive()).isEqualTo(3);
      assertThat(broadcast.toString()).contains("sending=0");
    });
  }

  @Test
  void cancel_receiverWithItsItem_leavesItToTheNext() {
    manual.run(() -> {
      var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
      var subscription = broadcast.subscribe();
      Task<Integer> first = createTask(subscription::receive);
      Task<Integer> second = createTask(subscription::receive);
      tick();

      broadcast.send(1);
      first.cancel();

      assertThat(second.await()).isEqualTo(1);
    });
  }

  @Test
  void create_withoutCapacity_isRefused() {
    assertThatThrownBy(() -> new Broadcast<>(0, WhenFull.WAIT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
