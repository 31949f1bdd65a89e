package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.argsOf;
import static io.loop.TraceRecorder.cancelling;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.seconds;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.TraceRecorder.ValueError;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// The order of events around the cancellation of tasks, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class TaskCancellationTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  private Coro<String> stuck(String name, int cleanUpTicks) {
    return recorder.stuck(name, cleanUpTicks);
  }

  private static CancelledError cancellationOf(Supplier<?> read) {
    try {
      throw new AssertionError("not cancelled: " + read.get());
    } catch (CancelledError cancelled) {
      return cancelled;
    }
  }

  @Test
  void b4_cancelledBeforeTheFirstStep() {
    assertTrace(
        "0:cancel True False 1 ; 2:done cb ; 2:caught True 1 ; 3:main= None",
        () -> {
          Task<Boolean> task =
              createTask(() -> {
                log("never");
                return true;
              });
          task.addDoneCallback(_ -> log("done cb"));
          log("cancel", task.cancel(), task.isDone(), task.cancelling());
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("caught", task.isCancelled(), task.cancelling());
          }
          sleep(TICK);
        });
  }

  @Test
  void b5_cancelledWhileWaiting() {
    assertTrace(
        "1:wait ; 1:cancel True ; 1:fut True task False ; 2:CE ('m',) ; 2:t done True"
            + " ; 3:t done True ; 3:main CE ('m',) ; 3:main= None",
        () -> {
          var future = new LoopFuture<Integer>();
          Task<Integer> task =
              createTask(() -> {
                log("wait");
                try {
                  return future.await();
                } catch (CancelledError cancelled) {
                  log("CE", argsOf(cancelled));
                  throw cancelled;
                }
              });
          sleep(TICK);
          log("cancel", task.cancel("m"));
          log("fut", future.isCancelled(), "task", task.isCancelled());
          sleep(TICK);
          log("t done", task.isDone());
          sleep(TICK);
          log("t done", task.isDone());
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("main CE", argsOf(cancelled));
          }
        });
  }

  @Test
  void b7_cancelsItselfAndReturns() {
    assertTrace(
        "1:returning ; 2:cancelled True 1 ; 2:main= None",
        () -> {
          Task<Integer> task =
              createTask(() -> {
                Task.current().cancel();
                log("returning");
                return 3;
              });
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("cancelled", task.isCancelled(), task.cancelling());
          }
        });
  }

  @Test
  void b7b_cancelsItselfAndTakesItBack() {
    assertTrace(
        "1:returning ; 2:3 0 ; 2:main= None",
        () -> {
          Task<Integer> task =
              createTask(() -> {
                Task.current().cancel();
                Task.current().uncancel();
                log("returning");
                return 3;
              });
          log(task.await(), task.cancelling());
        });
  }

  @Test
  void b7c_cancelsItselfAndFails() {
    assertTrace(
        "2:ValueError False 1 ; 2:main= None",
        () -> {
          Task<Integer> task =
              createTask(() -> {
                Task.current().cancel();
                throw new ValueError();
              });
          try {
            task.await();
          } catch (ValueError fault) {
            log("ValueError", task.isCancelled(), task.cancelling());
          }
        });
  }

  @Test
  void b7d_cancelsItselfAndAwaitsADoneFuture() {
    assertTrace(
        "1:await done fut -> 1 ; 2:CE at next real suspension ; 3:ok 1 False" + " ; 3:main= None",
        () -> {
          Task<String> task =
              createTask(() -> {
                Task.current().cancel();
                var done = new LoopFuture<Integer>();
                done.setResult(1);
                log("await done fut ->", done.await());
                try {
                  sleep(TICK);
                } catch (CancelledError cancelled) {
                  log("CE at next real suspension");
                }
                return "ok";
              });
          log(task.await(), task.cancelling(), task.isCancelled());
        });
  }

  @Test
  void b8_cancelsATaskThatAwaitsATask() {
    assertTrace(
        "2:cancel outer True inner.cancelling 1 outer.cancelling 1 ; 3:inner CE"
            + " ; 4:inner cleanup ; 5:outer CE ; 6:end inner True outer True ; 6:main= None",
        () -> {
          var inner = new AtomicReference<Task<Void>>();
          Task<Void> outer =
              createTask(() -> {
                inner.set(
                    createTask(() -> {
                      try {
                        sleep(seconds(10));
                      } catch (CancelledError cancelled) {
                        log("inner CE");
                        sleep(TICK);
                        log("inner cleanup");
                        throw cancelled;
                      }
                    }));
                try {
                  inner.get().await();
                } catch (CancelledError cancelled) {
                  log("outer CE");
                  throw cancelled;
                }
              });
          ticks(2);
          boolean requested = outer.cancel();
          log(
              "cancel outer",
              requested,
              "inner.cancelling",
              inner.get().cancelling(),
              "outer.cancelling",
              outer.cancelling());
          try {
            outer.await();
          } catch (CancelledError cancelled) {
            log("end inner", inner.get().isCancelled(), "outer", outer.isCancelled());
          }
        });
  }

  @Test
  void b9_declinesACancellation() {
    assertTrace(
        "1:cancelling 2 ; 2:swallow 1 ; 3:done? False ; 4:swallow 2 ; 5:2 3 False"
            + " ; 5:main= None",
        () -> {
          Task<Integer> task =
              createTask(() -> {
                for (int swallowed = 1; ; swallowed++) {
                  try {
                    sleep(seconds(10));
                  } catch (CancelledError cancelled) {
                    log("swallow", swallowed);
                    if (swallowed == 2) {
                      return swallowed;
                    }
                  }
                }
              });
          sleep(TICK);
          task.cancel();
          task.cancel();
          log("cancelling", task.cancelling());
          ticks(2);
          log("done?", task.isDone());
          task.cancel();
          log(task.await(), task.cancelling(), task.isCancelled());
        });
  }

  @Test
  void b13_cancelsAFinishedTask() {
    assertTrace(
        "3:cancel done False 0 ; 3:main= None",
        () -> {
          Task<Integer> task = createTask(() -> 1);
          task.await();
          sleep(TICK);
          log("cancel done", task.cancel(), task.cancelling());
        });
  }

  @Test
  void b15_throwsCancelledErrorByItself() {
    assertTrace(
        "2:CE ('self',) True 0 ; 2:main= None",
        () -> {
          Task<Void> task =
              createTask(() -> {
                throw new CancelledError("self");
              });
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("CE", argsOf(cancelled), task.isCancelled(), task.cancelling());
          }
        });
  }

  @Test
  void k2_cancellationReadSeveralTimes() {
    assertTrace(
        "2:a CE ; 3:reader 0 ('M',) ; 3:reader 1 () ; 3:result() ()"
            + " ; 3:future reader 0 ('F',) ; 3:future reader 1 ('F',) ; 3:main= None",
        () -> {
          Task<String> task = createTask(stuck("a", 0));
          sleep(TICK);
          task.cancel("M");
          ticks(2);
          for (int i = 0; i < 2; i++) {
            log("reader", i, argsOf(cancellationOf(task::await)));
          }
          log("result()", argsOf(cancellationOf(task::result)));
          var future = new LoopFuture<String>();
          future.cancel("F");
          for (int i = 0; i < 2; i++) {
            log("future reader", i, argsOf(cancellationOf(future::await)));
          }
        });
  }

  @Test
  void k9_uncancelledTooLate() {
    assertTrace(
        "1:0 ; 2:fin 0 ; 3:still CE, waiter was already cancelled ; 3:main= None",
        () -> {
          Task<Void> task =
              createTask(() -> {
                try {
                  sleep(seconds(10));
                } finally {
                  log("fin", cancelling());
                }
              });
          sleep(TICK);
          task.cancel();
          log(task.uncancel());
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("still CE, waiter was already cancelled");
          }
        });
  }
}
