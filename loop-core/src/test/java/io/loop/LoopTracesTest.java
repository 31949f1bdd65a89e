package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.seconds;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.TraceRecorder.ValueError;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// The order of events around callbacks and futures, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class LoopTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();
  private final Loop loop = recorder.loop();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  @Test
  void a1_callbacksThatScheduleCallbacks() {
    assertTrace(
        "0:registered ; 1:cb 0 ; 1:cb 1 ; 1:cb 2 ; 1:main step ; 2:cb 10 ; 2:cb 11"
            + " ; 2:cb 12 ; 2:main step ; 3:main step ; 4:main step ; 4:main= None",
        () -> {
          for (int i = 0; i < 3; i++) {
            int n = i;
            loop.callSoon(() -> {
              log("cb", n);
              loop.callSoon(() -> log("cb", n + 10));
            });
          }
          log("registered");
          for (int i = 0; i < 4; i++) {
            sleep(TICK);
            log("main step");
          }
        });
  }

  @Test
  void a2_delayOfZeroBesideSoon() {
    assertTrace(
        "1:soon ; 1:m ; 1:later0 ; 1:at now ; 2:m ; 3:main= None",
        () -> {
          loop.callLater(TICK, () -> log("later0"));
          loop.callSoon(() -> log("soon"));
          loop.callAt(loop.time(), () -> log("at now"));
          sleep(TICK);
          log("m");
          sleep(TICK);
          log("m");
          sleep(TICK);
        });
  }

  @Test
  void a3_equalDeadlines_areFirstInFirstOut() {
    assertTrace(
        "1:0 ; 1:1 ; 1:2 ; 1:3 ; 1:4 ; 1:5 ; 1:6 ; 1:7 ; 3:main= None",
        () -> {
          for (int i = 0; i < 8; i++) {
            int n = i;
            loop.callAt(seconds(1), () -> log(n));
          }
          sleep(seconds(2));
        });
  }

  @Test
  void a4_handleCancelledInItsTick() {
    assertTrace(
        "1:c1 cancels c2 ; 1:c3 ; 1:m ; 2:main= None",
        () -> {
          var second = new AtomicReference<Handle>();
          loop.callSoon(() -> {
            log("c1 cancels c2");
            second.get().cancel();
          });
          second.set(loop.callSoon(() -> log("c2")));
          loop.callSoon(() -> log("c3"));
          sleep(TICK);
          log("m");
          sleep(TICK);
        });
  }

  @Test
  void b2_doneFutureAwaited() {
    assertTrace(
        "0:no yield 5 ; 0:main= None ; 1:other",
        () -> {
          var future = new LoopFuture<Integer>();
          future.setResult(5);
          loop.callSoon(() -> log("other"));
          log("no yield", future.await());
        });
  }

  @Test
  void b3_callbacksAndWaiterOfOneFuture() {
    assertTrace(
        "1:set ; 2:cb-before ; 2:woke 7 ; 2:cb-after-done ; 4:main= None",
        () -> {
          var future = new LoopFuture<Integer>();
          future.addDoneCallback(_ -> log("cb-before"));
          loop.callSoon(() -> {
            log("set");
            future.setResult(7);
          });
          loop.callSoon(() -> future.addDoneCallback(_ -> log("cb-after-done")));
          log("woke", future.await());
          ticks(2);
        });
  }

  @Test
  void b12_threeTasksAwaitOneFuture() {
    assertTrace(
        "1:set ; 2:w 0 v ; 2:w 1 v ; 2:w 2 v ; 4:main= None",
        () -> {
          var future = new LoopFuture<String>();
          for (int i = 0; i < 3; i++) {
            int n = i;
            createTask(() -> log("w", n, future.await()));
          }
          sleep(TICK);
          log("set");
          future.setResult("v");
          ticks(3);
        });
  }

  @Test
  void x1_failingCallbacks() {
    assertTrace(
        "1:HANDLER Exception in callback … ; 1:HANDLER Exception in callback …"
            + " ; 3:[[exception, handle, message], [exception, handle, message]]"
            + " ; 3:main= None",
        () -> {
          loop.callSoon(() -> {
            throw new ValueError();
          });
          loop.callLater(
              TICK,
              () -> {
                throw new ValueError();
              });
          ticks(3);
          log(recorder.handlerKeys().toString());
        });
  }

  @Test
  void k8_callbackRemovedTooLate() {
    assertTrace(
        "0:removed 0 ; 1:a ; 1:b ; 2:main= None",
        () -> {
          var future = new LoopFuture<Integer>();
          DoneCallback<LoopFuture<Integer>> b = _ -> log("b");
          future.addDoneCallback(_ -> {
            log("a");
            future.removeDoneCallback(b);
          });
          future.addDoneCallback(b);
          future.setResult(1);
          log("removed", future.removeDoneCallback(b));
          ticks(2);
        });
  }
}
