package io.loop;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.wrapFuture;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// The order of events around the bridges to threads, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class BridgeTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();
  private final Loop loop = recorder.loop();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  private Coro<String> stuck(String name, int cleanUpTicks) {
    return recorder.stuck(name, cleanUpTicks);
  }

  @Test
  void r1_submittedOnTheLoopItself() {
    assertTrace(
        "0:submitted ; 1:m ; 2:c runs ; 2:m ; 3:cf done 9 ; 3:m ; 4:m ; 5:m" + " ; 5:main= None",
        () -> {
          CompletableFuture<Integer> future =
              runCoroutineThreadsafe(
                  () -> {
                    log("c runs");
                    return 9;
                  },
                  loop);
          CompletableFuture<Void> told = future.thenAccept(value -> log("cf done", value));
          log("submitted");
          for (int i = 0; i < 5; i++) {
            sleep(TICK);
            log("m");
          }
          assertThat(told).isCompleted();
        });
  }

  @Test
  void r2_submittedAndCancelled() {
    assertTrace(
        "2:cancel True ; 3:c CE ; 7:state True ; 7:main= None",
        () -> {
          CompletableFuture<String> future = runCoroutineThreadsafe(stuck("c", 0), loop);
          ticks(2);
          log("cancel", future.cancel(true));
          ticks(5);
          log("state", future.isCancelled());
        });
  }

  @Test
  void r3_wrappedFutures() {
    assertTrace(
        "0:w done True ; 0:4 ; 1:cf2 cancelled True ; 1:main= None",
        () -> {
          var first = new CompletableFuture<Integer>();
          LoopFuture<Integer> wrapped = wrapFuture(first);
          first.complete(4);
          log("w done", wrapped.isDone());
          log(wrapped.await());
          var second = new CompletableFuture<Integer>();
          wrapFuture(second).cancel();
          sleep(TICK);
          log("cf2 cancelled", second.isCancelled());
        });
  }
}
