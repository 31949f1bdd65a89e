package io.loop.docs;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;

import io.loop.channel.Broadcast;
import io.loop.channel.ChannelEnds;
import io.loop.channel.Watched;
import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.sync.CapacityLimiter;
import io.loop.sync.RateLimiter;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ChannelRecipesTest extends Recipes {

  @Test
  void channel_endsWhenAllSendersAreClosed() {
    // recipe: channel
    run(() -> {
      var ends = ChannelEnds.<String>open(1);
      TaskGroup.run(group -> {
        try (var first = ends.sender()) {
          for (String name : new String[] {"a", "b"}) {
            var sender = first.copy();
            group.createTask(() -> {
              try (sender) {
                sender.send(name + "1");
                sender.send(name + "2");
              }
            });
          }
        }
        for (String item : ends.receiver()) {
          IO.println(item);
        }
      });
      IO.println("end");
    });
    // end

    assertPrints("channel", "a1", "a2", "b1", "b2", "end");
  }

  @Test
  void broadcast_dropsTheOldest() {
    // recipe: broadcast
    run(() -> {
      var prices = new Broadcast<Integer>(2, Broadcast.WhenFull.DROP_OLDEST);
      var slow = prices.subscribe();
      for (int price = 1; price <= 5; price++) {
        prices.send(price);
      }
      prices.close();
      for (int price : slow) {
        IO.println(price + ", missed " + slow.missed());
      }
    });
    // end

    assertPrints("broadcast", "4, missed 3", "5, missed 0");
  }

  @Test
  void watched_showsTheLatestValue() {
    // recipe: watched
    run(() -> {
      var level = new Watched<>("info");
      var watcher = level.watch();
      var task = createTask(() -> IO.println(watcher.changed()));
      sleep(Duration.ofMillis(100));
      level.set("debug");
      level.set("trace");
      task.await();
    });
    // end

    assertPrints("watched", "trace");
  }

  @Test
  void limiters_countTasksAndTime() {
    // recipe: limiters
    run(() -> {
      var atOnce = new CapacityLimiter(2);
      var perSecond = new RateLimiter(10, Duration.ofSeconds(1), 1);
      TaskGroup.run(group -> {
        for (int i = 0; i < 4; i++) {
          int number = i;
          group.createTask(() -> {
            perSecond.acquire();
            atOnce.with(() -> sleep(Duration.ofSeconds(1)));
            IO.println("done " + number);
          });
        }
        sleep(Duration.ofMillis(350));
        IO.println(atOnce.statistics().borrowed() + " at work");
      });
    });
    // end

    assertPrints("limiters", "2 at work", "done 0", "done 1", "done 2", "done 3");
  }

  @Test
  void retry_repeatsWhatFailed() {
    // recipe: retry
    run(() -> {
      var attempts = new int[1];
      var retry = Retry.DEFAULT.withAttempts(4).withRetried(IOException.class);
      String answer =
          retry.call(() -> {
            attempts[0]++;
            if (attempts[0] < 3) {
              throw new IOException("refused");
            }
            return "answer";
          });
      IO.println(answer + " after " + attempts[0] + " attempts");
    });
    // end

    assertPrints("retry", "answer after 3 attempts");
  }
}
