package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.seconds;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.TraceRecorder.KeyError;
import io.loop.TraceRecorder.ValueError;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The order of events around tasks, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class TaskTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  @Test
  void b1_taskAwaited() {
    assertTrace(
        "0:created ; 1:child start ; 2:child end ; 3:got 1 ; 3:main= None",
        () -> {
          Task<Integer> child =
              createTask(() -> {
                log("child start");
                sleep(TICK);
                log("child end");
                return 1;
              });
          log("created");
          log("got", child.await());
        });
  }

  @Test
  void b6_resultAndThenCancelInOneStep() {
    assertTrace(
        "1:cancel True ; 2:CE although fut has result 1 ; 3:cancelled ; 3:main= None",
        () -> {
          var future = new LoopFuture<Integer>();
          Task<Integer> task =
              createTask(() -> {
                try {
                  return future.await();
                } catch (CancelledError cancelled) {
                  log("CE although fut has result", future.result());
                  throw cancelled;
                }
              });
          sleep(TICK);
          future.setResult(1);
          log("cancel", task.cancel());
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log("cancelled");
          }
        });
  }

  @Test
  void b10_failingDoneCallback() {
    assertTrace(
        "2:bad cb ; 2:HANDLER Exception in callback … ; 2:good cb ; 2:KeyError seen"
            + " ; 3:main= None",
        () -> {
          Task<Void> task =
              createTask(() -> {
                throw new KeyError();
              });
          task.addDoneCallback(_ -> {
            log("bad cb");
            throw new ValueError();
          });
          task.addDoneCallback(_ -> log("good cb"));
          try {
            task.await();
          } catch (KeyError fault) {
            log("KeyError seen");
          }
          sleep(TICK);
        });
  }

  @Test
  void b11_systemExitInATask() {
    assertTrace(
        "RUC! SystemExit 3",
        () -> {
          createTask(() -> {
            throw new SystemExit(3);
          });
          new LoopFuture<Void>().await();
        });
  }

  @Test
  void b14_turnsACancellationIntoAFailure() {
    assertTrace(
        "3:VE False CancelledError ; 3:main= None",
        () -> {
          Task<Void> task =
              createTask(() -> {
                try {
                  sleep(seconds(10));
                } catch (CancelledError cancelled) {
                  throw new KeyError(cancelled);
                }
              });
          sleep(TICK);
          task.cancel();
          try {
            task.await();
          } catch (KeyError fault) {
            log("VE", task.isCancelled(), name(fault.getCause()));
          }
        });
  }

  @Test
  void n1_allTasksAndNames() {
    assertTrace(
        "0:2 x ; 3:1 ; 3:5 ; 3:main= None",
        () -> {
          Task<Void> task = createTask(Coro.of(() -> ticks(1)), TaskOptions.named("x"));
          log(Task.all().size(), task.getName());
          task.await();
          log(Task.all().size());
          task.setName("5");
          log(List.of(task.getName()).getFirst());
        });
  }
}
