package io.loop.docs;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.moveOnAfter;
import static io.loop.Asyncio.shielding;
import static io.loop.Asyncio.sleep;

import io.loop.scope.CancelScope;
import io.loop.scope.TaskGroup;
import io.loop.scope.TaskStatus;
import io.loop.sync.QueueShutDownException;
import io.loop.sync.SharedLock;
import io.loop.sync.SharedQueue;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What asyncio has no word for; the Python side of these recipes is mostly Trio's.
final class BeyondRecipesTest extends Recipes {

  // recipe: shielding
  static void session() {
    IO.println("open");
    try {
      sleep(Duration.ofHours(1));
    } finally {
      shielding(() -> {
        sleep(Duration.ofSeconds(1)); // say goodbye
        IO.println("closed");
      });
    }
  }

  // end

  @Test
  void shielding_cleansUpToTheEnd() {
    // recipe: shielding
    run(() -> {
      var task = createTask(() -> session());
      sleep(Duration.ofMillis(100));
      task.cancel();
      sleep(Duration.ofMillis(100));
      task.cancel(); // again: the clean-up continues
      try {
        task.await();
      } catch (CancelledError cancelled) {
        IO.println("cancelled");
      }
    });
    // end

    assertPrints("shielding", "open", "closed", "cancelled");
  }

  @Test
  void moveOnAfter_goesOn() {
    // recipe: move-on-after
    run(() -> {
      boolean isWhole = moveOnAfter(Duration.ofSeconds(1), () -> sleep(Duration.ofHours(1)));
      IO.println(isWhole ? "slept" : "moved on");
      String answer =
          moveOnAfter(Duration.ofSeconds(1), () -> sleep(Duration.ofMillis(10), "fresh"))
              .orElse("from the cache");
      IO.println(answer);
    });
    // end

    assertPrints("move-on-after", "moved on", "fresh");
  }

  @Test
  void cancelScope_endsAPart() {
    // recipe: cancel-scope
    run(() -> {
      var search = new CancelScope();
      createTask(() -> {
        sleep(Duration.ofSeconds(1));
        search.cancel(); // the user has typed another letter
      });
      boolean isWhole = search.with(() -> sleep(Duration.ofHours(1)));
      IO.println(isWhole ? "found" : "search again");
    });
    // end

    assertPrints("cancel-scope", "search again");
  }

  // recipe: group-start
  static void serve(TaskStatus<Integer> status) {
    sleep(Duration.ofMillis(100)); // bind
    status.started(8080);
    sleep(Duration.ofSeconds(1)); // serve
    IO.println("served");
  }

  // end

  @Test
  void start_waitsUntilReady() {
    // recipe: group-start
    run(() ->
        TaskGroup.run(group -> {
          int port = group.start(status -> serve(status));
          IO.println("listening on " + port);
        }));
    // end

    assertPrints("group-start", "listening on 8080", "served");
  }

  // recipe: shared-queue
  static void read(SharedQueue<String> queue) {
    try {
      for (int number = 0; number < 3; number++) {
        queue.put("line " + number); // blocks this thread while the queue is full
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      queue.shutdown();
    }
  }

  // end

  @Test
  void sharedQueue_connectsAThreadAndACoroutine() {
    // recipe: shared-queue
    run(() -> {
      var queue = new SharedQueue<String>(1);
      Thread.ofPlatform().start(() -> read(queue));
      try {
        while (true) {
          IO.println("got " + queue.get());
        }
      } catch (QueueShutDownException end) {
        IO.println("end");
      }
    });
    // end

    assertPrints("shared-queue", "got line 0", "got line 1", "got line 2", "end");
  }

  @Test
  void sharedLock_letsTwoLoopsInOneAfterTheOther() throws Exception {
    // recipe: shared-lock
    var lock = new SharedLock();
    var balance = new int[1];
    Coro.Action deposit =
        () -> {
          try (var _ = lock.hold()) {
            int before = balance[0];
            sleep(Duration.ofMillis(10)); // ask a server
            balance[0] = before + 1;
          }
        };
    Thread other = Thread.ofPlatform().start(() -> run(deposit));
    run(deposit);
    other.join();
    IO.println(balance[0]);
    // end

    assertPrints("shared-lock", "2");
  }
}
