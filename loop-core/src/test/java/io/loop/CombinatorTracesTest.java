package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.gatherReturnExceptions;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.Asyncio.waitFor;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.argsOf;
import static io.loop.TraceRecorder.cancelling;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.seconds;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.TraceRecorder.KeyError;
import io.loop.TraceRecorder.ValueError;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// The order of events around gather, waitFor and shield, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class CombinatorTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();
  private final Loop loop = recorder.loop();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void assertTraceWithResult(String expected, Coro<?> scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  private Coro<String> ok(String name, int ticks) {
    return recorder.ok(name, ticks);
  }

  private Coro<String> bad(String name, int ticks) {
    return recorder.bad(name, ticks);
  }

  private Coro<String> stuck(String name, int cleanUpTicks) {
    return recorder.stuck(name, cleanUpTicks);
  }

  @Test
  void c1_gatherOfTwo() {
    assertTraceWithResult(
        "2:a done ; 3:b done ; 5:main= ['a', 'b']",
        () -> {
          return gather(ok("a", 1), ok("b", 2)).await();
        });
  }

  @Test
  void c2_gatherOneFails() {
    assertTrace(
        "2:b raises ; 4:a done ; 4:main VE ; 8:end ; 8:main= None",
        () -> {
          try {
            gather(ok("a", 3), bad("b", 1)).await();
          } catch (ValueError fault) {
            log("main VE");
          }
          ticks(4);
          log("end");
        });
  }

  @Test
  void c3_gatherCancelled() {
    assertTrace(
        "1:cancel True False ; 2:a CE ; 4:CE False True CancelledError ; 4:main= None"
            + " ; 4:b CE",
        () -> {
          LoopFuture<List<String>> all = gather(stuck("a", 0), stuck("b", 2));
          sleep(TICK);
          log("cancel", all.cancel(), all.isDone());
          try {
            all.await();
          } catch (CancelledError cancelled) {
            log("CE", all.isCancelled(), all.isDone(), name(all.exception()));
          }
        });
  }

  @Test
  void c4_taskThatAwaitsAGatherCancelled() {
    assertTrace(
        "2:b done ; 3:cancel ; 4:a CE ; 7:CE ; 7:main= None",
        () -> {
          LoopFuture<List<Object>> all = gatherReturnExceptions(List.of(stuck("a", 0), ok("b", 1)));
          Task<List<Object>> task = createTask(() -> all.await());
          ticks(3);
          log("cancel");
          task.cancel();
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("CE");
          }
        });
  }

  @Test
  void c5_childOfAGatherCancelled() {
    assertTrace(
        "2:a CE ; 4:CE g.cancelled False tb.done False ; 5:b done ; 6:main= None",
        () -> {
          Task<String> a = createTask(stuck("a", 0));
          Task<String> b = createTask(ok("b", 4));
          LoopFuture<List<String>> all = gather(a, b);
          sleep(TICK);
          a.cancel();
          try {
            all.await();
          } catch (CancelledError cancelled) {
            log("CE g.cancelled", all.isCancelled(), "tb.done", b.isDone());
          }
          b.await();
        });
  }

  @Test
  void c6_childOfAGatherThatKeepsExceptionsCancelled() {
    assertTrace(
        "2:b done ; 2:a CE ; 4:['CancelledError', 'b'] ('',) ; 4:main= None",
        () -> {
          Task<String> a = createTask(stuck("a", 0));
          LoopFuture<List<Object>> all = gatherReturnExceptions(List.of(a, ok("b", 1)));
          sleep(TICK);
          a.cancel("why");
          List<Object> results = all.await();
          var cancelled = (CancelledError) results.getFirst();
          log(List.of(name(cancelled), results.getLast()), argsOf(cancelled));
        });
  }

  @Test
  void c7_gatherOfTheDoneAndOfNothing() {
    assertTrace(
        "0:done immediately? True ; 0:[1, 1] ; 0:empty done? True [] ; 0:main= None",
        () -> {
          var future = new LoopFuture<Integer>();
          future.setResult(1);
          LoopFuture<List<Integer>> both = gather(future, future);
          log("done immediately?", both.isDone());
          log(both.result());
          LoopFuture<List<Object>> none = gather(List.of());
          log("empty done?", none.isDone(), none.result());
        });
  }

  @Test
  void c12_waitFor() {
    assertTrace(
        "3:TE cause CancelledError ; 7:s CE ; 9:TE2 True ; 9:none 5 ; 9:pos 5" + " ; 9:main= None",
        () -> {
          try {
            waitFor(ok("never", 0), TICK);
          } catch (TimeoutException timeout) {
            log("TE cause", name(timeout.getCause()));
          }
          Task<String> running = createTask(stuck("s", 2));
          sleep(TICK);
          try {
            waitFor(running, TICK);
          } catch (TimeoutException timeout) {
            log("TE2", running.isCancelled());
          }
          log("none", waitFor(() -> 5, null));
          log("pos", waitFor(() -> 5, seconds(1)));
        });
  }

  @Test
  void c13_waitForWhatDeclinesOrFails() {
    assertTrace(
        "2:suppressed at 2.0 ; 2:42 0 ; 4:KeyError TimeoutError 0 ; 4:main= None",
        () -> {
          int result =
              Asyncio.<Integer>waitFor(
                  () -> {
                    try {
                      sleep(seconds(10));
                    } catch (CancelledError cancelled) {
                      log("suppressed at", recorder.time());
                    }
                    return 42;
                  },
                  seconds(2));
          log(result, cancelling());
          try {
            waitFor(
                () -> {
                  try {
                    sleep(seconds(10));
                  } catch (CancelledError cancelled) {
                    throw new KeyError(cancelled);
                  }
                  return 0;
                },
                seconds(1));
          } catch (KeyError fault) {
            log("KeyError", name(fault.getSuppressed()[0]), cancelling());
          }
        });
  }

  @Test
  void c14_resultAndDeadlineInOneTick() {
    assertTrace(
        "2:TE False ; 3:HANDLER Exception in callback … ; 4:TE2 fut done True True"
            + " ; 4:main= None",
        () -> {
          var first = new LoopFuture<Integer>();
          loop.callLater(seconds(1), () -> first.setResult(1));
          try {
            waitFor(first, seconds(1));
          } catch (TimeoutException timeout) {
            log("TE", first.isCancelled());
          }
          var second = new LoopFuture<Integer>();
          try {
            timeout(
                seconds(1),
                () -> {
                  loop.callLater(seconds(1), () -> second.setResult(1));
                  second.await();
                });
          } catch (TimeoutException timeout) {
            log("TE2 fut done", second.isDone(), second.isCancelled());
          }
        });
  }

  @Test
  void c15_shieldedTaskOutlivesTheAwaiting() {
    assertTrace(
        "2:outer CE ; 3:o cancelled; inner False 0 ; 4:inner done ; 5:inner" + " ; 5:main= None",
        () -> {
          Task<String> inner = createTask(ok("inner", 3));
          Task<String> outer =
              createTask(() -> {
                try {
                  return Asyncio.<String>shield(inner).await();
                } catch (CancelledError cancelled) {
                  log("outer CE");
                  throw cancelled;
                }
              });
          sleep(TICK);
          outer.cancel();
          try {
            outer.await();
          } catch (CancelledError cancelled) {
            log("o cancelled; inner", inner.isCancelled(), inner.cancelling());
          }
          log(inner.await());
        });
  }

  @Test
  void c16_shieldedTaskCancelled() {
    assertTrace(
        "2:inner CE ; 4:shield cancelled too True ; 4:main= None",
        () -> {
          Task<String> inner = createTask(stuck("inner", 0));
          LoopFuture<String> outer = shield(inner);
          sleep(TICK);
          inner.cancel();
          try {
            outer.await();
          } catch (CancelledError cancelled) {
            log("shield cancelled too", outer.isCancelled());
          }
        });
  }

  @Test
  void c17_shieldedTaskFailsUnread_notBeforeItIsCollected() {
    assertTrace(
        "2:inner raises ; 3:no handler call yet ; 3:main= None",
        () -> {
          Task<String> inner = createTask(bad("inner", 1));
          shield(inner).cancel();
          ticks(3);
          log("no handler call yet");
        });
  }

  @Test
  void k1_gatherThatKeepsExceptionsCancelled() {
    assertTrace(
        "2:b done ; 3:a CE ; 5:CE () ; 7:b done ; 8:a CE ; 10:CE ('MSG',)" + " ; 10:main= None",
        () -> {
          for (List<Coro<String>> order :
              List.of(List.of(stuck("a", 0), ok("b", 1)), List.of(ok("b", 1), stuck("a", 0)))) {
            LoopFuture<List<Object>> all = gatherReturnExceptions(order);
            ticks(2);
            all.cancel("MSG");
            try {
              all.await();
            } catch (CancelledError cancelled) {
              log("CE", argsOf(cancelled));
            }
          }
        });
  }

  @Test
  void k4_gatherOfThreeSleepers() {
    assertTrace(
        "1:a start ; 1:b start ; 1:c start ; 3:a end 1.0 ; 3:b end 1.0 ; 3:c end 1.0"
            + " ; 5:main= None",
        () -> {
          List<Coro<Void>> sleepers = new ArrayList<>();
          for (String name : List.of("a", "b", "c")) {
            sleepers.add(
                Coro.of(() -> {
                  log(name, "start");
                  sleep(seconds(1));
                  log(name, "end", recorder.time());
                }));
          }
          gather(sleepers).await();
        });
  }

  @Test
  void k6_waitForOfZeroCancelledItself() {
    assertTrace(
        "2:cancelled waiter ; 3:waiter CancelledError ; 5:x CE ; 7:True True" + " ; 7:main= None",
        () -> {
          Task<String> target = createTask(stuck("x", 2));
          sleep(TICK);
          Task<String> waiter =
              createTask(() -> {
                try {
                  return waitFor(target, TICK);
                } catch (CancelledError cancelled) {
                  log("waiter", name(cancelled));
                  throw cancelled;
                }
              });
          sleep(TICK);
          waiter.cancel();
          log("cancelled waiter");
          gatherReturnExceptions(List.of(waiter, target)).await();
          log(waiter.isCancelled(), target.isCancelled());
        });
  }
}
