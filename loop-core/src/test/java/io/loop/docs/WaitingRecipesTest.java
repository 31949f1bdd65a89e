package io.loop.docs;

import static io.loop.Asyncio.asCompleted;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.waitFor;
import static io.loop.Asyncio.waitFutures;

import io.loop.Asyncio;
import io.loop.ReturnWhen;
import io.loop.event.Loop;
import io.loop.scope.Timeout;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class WaitingRecipesTest extends Recipes {

  @Test
  void wait_firstCompleted_givesTwoSets() {
    // recipe: wait
    run(() -> {
      Task<String> fast = createTask(() -> sleep(Duration.ofMillis(100), "fast"));
      Task<String> slow = createTask(() -> sleep(Duration.ofHours(1), "slow"));
      var sets = waitFutures(List.of(fast, slow), null, ReturnWhen.FIRST_COMPLETED);
      for (Task<String> task : sets.done()) {
        IO.println(task.result());
      }
      for (Task<String> task : sets.pending()) {
        task.cancel();
      }
    });
    // end

    assertPrints("wait", "fast");
  }

  @Test
  void asCompleted_givesTheFastestFirst() {
    // recipe: as-completed
    run(() -> {
      Coro<String> slow = () -> sleep(Duration.ofMillis(200), "slow");
      Coro<String> fast = () -> sleep(Duration.ofMillis(100), "fast");
      for (LoopFuture<String> next : asCompleted(List.of(slow, fast))) {
        IO.println(next.result());
      }
    });
    // end

    assertPrints("as-completed", "fast", "slow");
  }

  @Test
  void waitFor_tooLate_throws() {
    // recipe: wait-for
    run(() -> {
      try {
        waitFor(() -> sleep(Duration.ofHours(1), "done"), Duration.ofMillis(100));
      } catch (TimeoutException late) {
        IO.println("too late");
      }
    });
    // end

    assertPrints("wait-for", "too late");
  }

  @Test
  void timeout_rescheduled_lastsLonger() {
    // recipe: timeout
    run(() -> {
      var loop = Loop.running();
      try {
        Timeout.after(Duration.ofMillis(100))
            .run(deadline -> {
              IO.println("connecting");
              deadline.reschedule(loop.time().plusMillis(300));
              sleep(Duration.ofMillis(200));
              IO.println("connected");
              sleep(Duration.ofHours(1));
            });
      } catch (TimeoutException late) {
        IO.println("too late");
      }
    });
    // end

    assertPrints("timeout", "connecting", "connected", "too late");
  }

  @SuppressWarnings("DoNotCallSuggester")
  // recipe: checked-exception
  static String load() throws IOException {
    throw new IOException("connection reset");
  }

  static String loadInTime() throws IOException, TimeoutException {
    return waitFor(() -> load(), Duration.ofSeconds(1));
  }

  // end

  @Test
  void waitFor_checkedException_isThrownUndeclared() {
    // recipe: checked-exception
    run(() -> {
      try {
        IO.println(loadInTime());
      } catch (IOException fault) {
        IO.println("cannot load: " + fault.getMessage());
      }
    });
    // end

    assertPrints("checked-exception", "cannot load: connection reset");
  }

  @Test
  void runCoroutineThreadsafe_fromAnotherThread_givesTheResult() {
    // recipe: threadsafe
    run(() -> {
      var loop = Loop.running();
      Task<?> waiting =
          createTask(() ->
              Asyncio.toThread(() -> {
                Coro<Integer> coro = () -> sleep(Duration.ofMillis(100), 3);
                CompletableFuture<Integer> future = Asyncio.runCoroutineThreadsafe(coro, loop);
                IO.println(future.get(10, TimeUnit.SECONDS));
              }));
      waiting.await();
    });
    // end

    assertPrints("threadsafe", "3");
  }

  // recipe: to-thread
  static int compute(int number) {
    return number * 2;
  }

  // end

  @Test
  void toThread_runsBlockingWorkElsewhere() {
    // recipe: to-thread
    run(() -> {
      IO.println(Asyncio.toThread(() -> compute(21)));
      LoopFuture<Integer> future = Asyncio.runInExecutor(() -> compute(4));
      IO.println(future.await());
    });
    // end

    assertPrints("to-thread", "42", "8");
  }

  @Test
  void callSoon_runsInOrderAndTimersLater() {
    // recipe: callbacks
    run(() -> {
      var loop = Loop.running();
      loop.callLater(Duration.ofMillis(100), () -> IO.println("later"));
      loop.callSoon(() -> IO.println("soon"));
      var never = loop.callLater(Duration.ofMillis(50), () -> IO.println("never"));
      never.cancel();
      IO.println("now");
      sleep(Duration.ofMillis(200));
    });
    // end

    assertPrints("callbacks", "now", "soon", "later");
  }

  @Test
  void setExceptionHandler_hearsOfFailedCallbacks() {
    // recipe: exception-handler
    run(() -> {
      var loop = Loop.running();
      loop.setExceptionHandler((_, failure) -> {
        if (failure.exception() instanceof IllegalArgumentException fault) {
          IO.println("caught: " + fault.getMessage());
        }
      });
      loop.callSoon(() -> {
        throw new IllegalArgumentException("bad");
      });
      sleep(Duration.ofMillis(100));
    });
    // end

    assertPrints("exception-handler", "caught: bad");
  }
}
