package io.loop.channel;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ChannelTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  @Test
  void iterate_allSendersClosed_endsAfterTheItems() {
    List<Integer> received = new ArrayList<>();

    manual.run(() -> {
      var ends = ChannelEnds.<Integer>open(2);
      Task<?> consumer = createTask(() -> ends.receiver().forEach(received::add));
      try (Sender<Integer> one = ends.sender();
          Sender<Integer> two = one.copy()) {
        for (int i = 0; i < 3; i++) {
          one.send(i);
          two.send(i + 10);
        }
      }
      consumer.await();
    });

    assertThat(received).containsExactly(0, 10, 1, 11, 2, 12);
  }

  @Test
  void close_oneOfTwoSenders_doesNotEndTheChannel() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(1);
      Sender<String> other = ends.sender().copy();
      Task<String> receiving = createTask(ends.receiver()::receive);
      tick();

      ends.sender().close();
      tick();
      other.send("item");

      assertThat(receiving.await()).isEqualTo("item");
      other.close();
      assertThatThrownBy(ends.receiver()::receive).isInstanceOf(EndOfChannelException.class);
      assertThatThrownBy(ends.receiver()::tryReceive).isInstanceOf(EndOfChannelException.class);
    });
  }

  @Test
  void close_lastSender_wakesAllWhoReceive() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Task<String> one = createTask(ends.receiver()::receive);
      Task<String> two = createTask(ends.receiver()::receive);
      tick();

      ends.sender().close();

      assertThatThrownBy(one::await).isInstanceOf(EndOfChannelException.class);
      assertThatThrownBy(two::await).isInstanceOf(EndOfChannelException.class);
    });
  }

  @Test
  void send_allReceiversClosed_isRefused() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(1);
      Receiver<String> other = ends.receiver().copy();
      ends.sender().send("lost");
      Task<?> sending = createTask(() -> ends.sender().send("waits"));
      tick();

      ends.receiver().close();
      tick();
      boolean doneAfterTheFirst = sending.isDone();
      other.close();

      assertThat(doneAfterTheFirst).isFalse();
      assertThatThrownBy(sending::await).isInstanceOf(NoReceiversException.class);
      assertThatThrownBy(() -> ends.sender().send("x")).isInstanceOf(NoReceiversException.class);
      assertThatThrownBy(() -> ends.sender().trySend("x")).isInstanceOf(NoReceiversException.class);
    });
  }

  @Test
  void use_ownEndClosed_isMisuse() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(1);
      ends.sender().close();
      ends.sender().close();
      ends.receiver().close();

      assertThatThrownBy(() -> ends.sender().send("x"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("This sender is closed.");
      assertThatThrownBy(() -> ends.sender().copy()).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(ends.receiver()::receive).hasMessage("This receiver is closed.");
      assertThatThrownBy(ends.receiver()::copy).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void close_endOnWhichOthersWait_endsTheirCallsOnly() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Receiver<String> other = ends.receiver().copy();
      Task<String> onClosed = createTask(ends.receiver()::receive);
      tick();
      Task<String> onOther = createTask(other::receive);
      tick();

      ends.receiver().close();
      tick();
      ends.sender().send("item");

      assertThatThrownBy(onClosed::await).hasMessage("This receiver is closed.");
      assertThat(onOther.await()).isEqualTo("item");
    });
  }

  @Test
  void close_receiverThatWasGivenAnItem_leavesItToTheNext() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Receiver<String> other = ends.receiver().copy();
      Task<String> onClosed = createTask(ends.receiver()::receive);
      tick();

      ends.sender().send("item");
      ends.receiver().close();

      assertThatThrownBy(onClosed::await).hasMessage("This receiver is closed.");
      assertThat(other.receive()).isEqualTo("item");
      assertThat(other.toString()).contains("items=0/0", "sending=0 receiving=0");
    });
  }

  @Test
  void close_senderThatWasGivenRoom_leavesItToTheNext() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(1);
      Sender<String> other = ends.sender().copy();
      ends.sender().send("first");
      Task<?> onClosed = createTask(() -> ends.sender().send("never"));
      tick();
      Task<?> onOther = createTask(() -> other.send("second"));
      tick();

      ends.receiver().receive();
      ends.sender().close();

      assertThatThrownBy(onClosed::await).hasMessage("This sender is closed.");
      onOther.await();
      assertThat(ends.receiver().receive()).isEqualTo("second");
    });
  }

  @Test
  void send_rendezvous_waitsForAReceiver() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Task<?> sending = createTask(() -> ends.sender().send("item"));
      tick();
      tick();
      boolean doneBefore = sending.isDone();
      boolean triedBefore = ends.sender().trySend("other");

      String item = ends.receiver().receive();

      assertThat(doneBefore).isFalse();
      assertThat(triedBefore).isFalse();
      assertThat(item).isEqualTo("item");
      assertThat(sending.isDone()).isTrue();
    });
  }

  @Test
  void cancel_receiverOfARendezvous_leavesNoRoomBehind() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      for (int i = 0; i < 3; i++) {
        Task<String> receiving = createTask(ends.receiver()::receive);
        tick();
        receiving.cancel();
        tick();
      }

      assertThat(ends.sender().trySend("item")).isFalse();
      assertThat(ends.receiver().tryReceive()).isEmpty();
    });
  }

  @Test
  void cancel_receiverWithItsItem_staysInTheChannelAndIsPaidFor() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Task<String> receiving = createTask(ends.receiver()::receive);
      tick();

      ends.sender().send("item");
      receiving.cancel();
      tick();

      assertThat(receiving.isCancelled()).isTrue();
      assertThat(ends.sender().trySend("too many")).isFalse();
      ends.sender().close();
      assertThat(ends.receiver()).containsExactly("item");
    });
  }

  @Test
  void receive_endWhileAnItemIsOnItsWay_waitsForIt() {
    manual.run(() -> {
      var ends = ChannelEnds.<String>open(0);
      Task<String> first = createTask(ends.receiver()::receive);
      tick();
      ends.sender().send("item");
      ends.sender().close();
      first.cancel();

      // the item is the first one's still, which will not take it

      assertThat(ends.receiver().receive()).isEqualTo("item");
      assertThat(first.isCancelled()).isTrue();
    });
  }

  @Test
  void receive_manyTasks_areServedInOrderOfArrival() {
    List<String> order = new ArrayList<>();

    manual.run(() -> {
      var ends = ChannelEnds.<Integer>open(5);
      List<Task<?>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int number = i;
        tasks.add(createTask(() -> order.add(number + "=" + ends.receiver().receive())));
        tick();
      }
      for (int i = 0; i < 5; i++) {
        ends.sender().send(i);
      }
      boolean overtakes = ends.receiver().tryReceive().isPresent();
      order.add("late=" + ends.receiver().receive());
      for (Task<?> task : tasks) {
        task.await();
      }
      assertThat(overtakes).isFalse();
    });

    assertThat(order).containsExactly("0=0", "1=1", "2=2", "3=3", "late=4");
  }

  @Test
  void send_manyTasks_areServedInOrderOfArrival() {
    manual.run(() -> {
      var ends = ChannelEnds.<Integer>open(1);
      for (int i = 0; i < 4; i++) {
        int number = i;
        createTask(() -> {
          try (Sender<Integer> sender = ends.sender().copy()) {
            sender.send(number);
          }
        });
      }
      tick();
      ends.sender().close();

      assertThat(ends.receiver()).containsExactly(0, 1, 2, 3);
    });
  }

  @Test
  void open_negativeCapacity_isRefused() {
    assertThatThrownBy(() -> ChannelEnds.open(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void next_afterTheEnd_isRefused() {
    manual.run(() -> {
      var ends = ChannelEnds.<Integer>open(1);
      ends.sender().close();
      var iterator = ends.receiver().iterator();

      assertThat(iterator.hasNext()).isFalse();
      assertThatThrownBy(iterator::next).isInstanceOf(java.util.NoSuchElementException.class);
    });
  }

  @Test
  void use_inDebugModeFromAnotherThread_isRefused() {
    manual.loop().setDebug(true);
    manual.setPatience(Duration.ofSeconds(30)); // the coroutine below waits for a thread
    manual.run(() -> {
      var ends = ChannelEnds.<Integer>open(1);
      Task<?> receiving = createTask(ends.receiver()::receive);
      tick();

      Threads.onThread(() -> {
        assertThatThrownBy(() -> ends.sender().trySend(1))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("callSoonThreadsafe");
        assertThatThrownBy(ends.sender()::close).isInstanceOf(IllegalStateException.class);
      });

      assertThat(ends.sender().trySend(2)).isTrue();
      assertThat(receiving.await()).isEqualTo(2);
    });
  }

  @Test
  void receive_onAnotherLoop_isRefused() {
    var ends = ChannelEnds.<Integer>open(1);
    manual.run(() -> {
      createTask(ends.receiver()::receive);
      tick();
    });

    try (var other = new ManualLoop()) {
      assertThatThrownBy(() -> other.run(() -> ends.receiver().receive()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageEndingWith(" is bound to a different event loop");
    }
    assertThat(ends.receiver().toString()).contains("receiving=1");
  }
}
