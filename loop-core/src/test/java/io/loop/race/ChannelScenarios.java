package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.channel.Broadcast;
import io.loop.channel.Broadcast.WhenFull;
import io.loop.channel.ChannelEnds;
import io.loop.channel.EndOfChannelException;
import io.loop.channel.NoReceiversException;
import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.sync.CapacityLimiter;
import io.loop.sync.RateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Bodies that use channels, limiters and retries, and say what must hold when they were cancelled.
final class ChannelScenarios {

  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private ChannelScenarios() {}

  /// The victim sends; another task, which is not cancelled, receives: what a send returned for is
  /// what arrives.
  static void sender(Ledger ledger) throws Exception {
    List<Integer> sent = new ArrayList<>();
    List<Integer> received = new ArrayList<>();
    ledger.atEnd(() -> assertThat(received).isEqualTo(sent));
    for (int capacity = 0; capacity < 2; capacity++) {
      var ends = ChannelEnds.<Integer>open(capacity);
      ledger.atEnd(() -> assertThat(ends.sender().toString()).contains("items=0", "senders=0"));
      createTask(() -> {
        sleep(Duration.ZERO);
        for (int item : ends.receiver()) {
          received.add(item);
          sleep(Duration.ZERO);
        }
      });
      try (var sender = ends.sender()) {
        ledger.enter("sending");
        for (int i = 0; i < 4; i++) {
          sender.send(i);
          sent.add(i);
        }
      } finally {
        ledger.leave("sending");
      }
    }
  }

  /// The victim receives; another task sends until the receiver is closed. What was sent was
  /// received, or is left in order.
  static void receiver(Ledger ledger) throws Exception {
    for (int capacity = 0; capacity < 2; capacity++) {
      List<Integer> received = new ArrayList<>();
      List<Integer> sent = new ArrayList<>();
      var ends = ChannelEnds.<Integer>open(capacity);
      var keeper = ends.receiver().copy();
      ledger.atEnd(() -> {
        while (true) {
          try {
            var left = keeper.tryReceive();
            if (left.isEmpty()) {
              break;
            }
            received.add(left.get());
          } catch (EndOfChannelException end) {
            break;
          }
        }
        assertThat(received).isEqualTo(sent);
        assertThat(keeper.toString()).contains("sending=0 receiving=0");
      });
      var sending =
          createTask(() -> {
            try (var sender = ends.sender()) {
              for (int i = 0; i < 4; i++) {
                sleep(Duration.ZERO);
                sender.send(i);
                sent.add(i);
              }
            } catch (NoReceiversException refused) {
              assertThat(received).isNotNull();
            }
          });
      try (var receiver = ends.receiver()) {
        ledger.enter("receiving");
        for (int item : receiver) {
          received.add(item);
        }
      } finally {
        ledger.leave("receiving");
        sending.cancel();
      }
    }
  }

  static void broadcast(Ledger ledger) throws Exception {
    var broadcast = new Broadcast<Integer>(1, WhenFull.WAIT);
    List<Integer> sent = new ArrayList<>();
    List<List<Integer>> received = List.of(new ArrayList<>(), new ArrayList<>());
    ledger.atEnd(() -> assertThat(received).allMatch(sent::equals));
    ledger.atEnd(() -> assertThat(broadcast.toString()).contains("subscribers=0 sending=0"));
    for (int i = 0; i < 2; i++) {
      int number = i;
      var subscription = broadcast.subscribe();
      createTask(() -> {
        for (int item : subscription) {
          received.get(number).add(item);
          sleep(MILLISECOND.dividedBy(number + 1));
        }
      });
    }
    try (broadcast) {
      ledger.enter("sending");
      for (int i = 0; i < 4; i++) {
        broadcast.send(i);
        sent.add(i);
      }
    } finally {
      ledger.leave("sending");
    }
  }

  static void limiters(Ledger ledger) {
    var atOnce = new CapacityLimiter(2);
    var rate = new RateLimiter(2, MILLISECOND, 1);
    ledger.atEnd(
        () -> assertThat(atOnce).hasToString("<CapacityLimiter [borrowed:0/2, waiters:0]>"));
    ledger.atEnd(() -> assertThat(atOnce.available()).isEqualTo(2));
    ledger.atEnd(() -> assertThat(rate.toString()).endsWith("waiters:0]>"));
    TaskGroup.run(group -> {
      for (int i = 0; i < 4; i++) {
        group.createTask(() -> use(ledger, atOnce, rate));
      }
      use(ledger, atOnce, rate);
      use(ledger, atOnce, rate);
    });
  }

  private static void use(Ledger ledger, CapacityLimiter atOnce, RateLimiter rate) {
    rate.acquire();
    atOnce.with(() -> {
      try {
        ledger.enter("token");
        assertThat(atOnce.statistics().borrowed()).isLessThanOrEqualTo(2);
        sleep(MILLISECOND);
      } finally {
        ledger.leave("token");
      }
    });
  }

  static void retry(Ledger ledger) {
    int[] attempts = new int[1];
    Retry retry = Retry.DEFAULT.withAttempts(4).withFirstDelay(MILLISECOND).withoutJitter();
    retry.call(() -> {
      try {
        ledger.enter("attempt");
        sleep(MILLISECOND);
        attempts[0]++;
        if (attempts[0] < 4) {
          throw new IllegalStateException("attempt " + attempts[0]);
        }
      } finally {
        ledger.leave("attempt");
      }
    });
  }
}
