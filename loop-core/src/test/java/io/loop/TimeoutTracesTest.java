package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.argsOf;
import static io.loop.TraceRecorder.cancelling;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.TraceRecorder.KeyError;
import io.loop.event.Loop;
import io.loop.scope.Timeout;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// The order of events around timeouts, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class TimeoutTracesTest {

  private final TraceRecorder recorder = new TraceRecorder();
  private final Loop loop = recorder.loop();

  private void assertTrace(String expected, Coro.Action scenario) {
    assertThat(recorder.trace(scenario)).isEqualTo(expected);
  }

  private void log(Object... parts) {
    recorder.log(parts);
  }

  @Test
  void d1_timeoutOfZero() {
    assertTrace(
        "0:body ; 1:TE True 0 ; 1:main= None",
        () -> {
          Timeout timeout = Timeout.after(TICK);
          try {
            timeout.with(_ -> {
              log("body");
              sleep(TICK);
              return null;
            });
          } catch (TimeoutException passed) {
            log("TE", timeout.isExpired(), cancelling());
          }
        });
  }

  @Test
  void d1b_timeoutOfZeroWithoutSuspension() {
    assertTrace(
        "0:body no await ; 0:expired False ; 1:fine ; 1:main= None",
        () -> {
          Timeout timeout = Timeout.after(TICK);
          timeout.with(_ -> {
            log("body no await");
            return null;
          });
          log("expired", timeout.isExpired());
          sleep(TICK);
          log("fine");
        });
  }

  @Test
  void d2_equalTimeoutsNested() {
    assertTrace(
        "2:inner CE ; 2:outer TE True True 0 1.0 ; 2:main= None",
        () -> {
          Timeout outer = Timeout.after(seconds(1));
          Timeout inner = Timeout.after(seconds(1));
          try {
            outer.with(_ ->
                inner.with(_ -> {
                  try {
                    sleep(seconds(5));
                  } catch (CancelledError cancelled) {
                    log("inner CE");
                    throw cancelled;
                  }
                  return null;
                }));
          } catch (TimeoutException passed) {
            log("outer TE", outer.isExpired(), inner.isExpired(), cancelling(), recorder.time());
          }
        });
  }

  @Test
  void d2b_shorterTimeoutInside() {
    assertTrace(
        "2:inner TE 1.0 ; 4:outer TE 2.0 0 ; 4:main= None",
        () -> {
          try {
            timeout(
                seconds(2),
                () -> {
                  try {
                    timeout(seconds(1), () -> sleep(seconds(5)));
                  } catch (TimeoutException passed) {
                    log("inner TE", recorder.time());
                  }
                  sleep(seconds(5));
                });
          } catch (TimeoutException passed) {
            log("outer TE", recorder.time(), cancelling());
          }
        });
  }

  @Test
  void d3_timeoutAndAnotherCancellation() {
    assertTrace(
        "2:ext cancel ; 3:CancelledError 1 ; 4:CancelledError () ; 4:main= None",
        () -> {
          Task<Void> task =
              createTask(() -> {
                try {
                  timeout(seconds(1), () -> sleep(seconds(5)));
                } catch (CancelledError cancelled) {
                  log(name(cancelled), cancelling());
                  throw cancelled;
                }
              });
          loop.callLater(
              seconds(1),
              () -> {
                log("ext cancel");
                task.cancel();
              });
          try {
            task.await();
          } catch (CancelledError cancelled) {
            log(name(cancelled), argsOf(cancelled));
          }
        });
  }

  @Test
  void d4_timeoutRescheduled() {
    assertTrace(
        "2:still 2.0 ; 3:TE 2.0 ; 3:Cannot change state of expired Timeout"
            + " ; 3:Timeout has not been entered ; 3:main= None",
        () -> {
          Timeout timeout = Timeout.after(seconds(1));
          try {
            timeout.with(_ -> {
              timeout.reschedule(loop.time().plus(seconds(3)));
              sleep(seconds(2));
              log("still", recorder.time());
              timeout.reschedule(loop.time().minus(seconds(1)));
              sleep(TICK);
              return null;
            });
          } catch (TimeoutException passed) {
            log("TE", recorder.time());
          }
          for (Timeout unusable : List.of(timeout, Timeout.after(seconds(1)))) {
            try {
              unusable.reschedule(null);
            } catch (IllegalStateException refused) {
              log(refused.getMessage());
            }
          }
        });
  }

  @Test
  void d5_timeoutSwallowed() {
    assertTrace(
        "2:swallowed ; 2:exit normally; cancelling 0 ; 3:ok ; 3:main= None",
        () -> {
          timeout(
              seconds(1),
              () -> {
                try {
                  sleep(seconds(5));
                } catch (CancelledError cancelled) {
                  log("swallowed");
                }
              });
          log("exit normally; cancelling", cancelling());
          sleep(TICK);
          log("ok");
        });
  }

  @Test
  void d6_failsWhileHandlingATimeout() {
    assertTrace(
        "2:KeyError ctx TimeoutError CancelledError ; 2:main= None",
        () -> {
          try {
            timeout(
                seconds(1),
                () -> {
                  try {
                    sleep(seconds(5));
                  } catch (CancelledError cancelled) {
                    throw new KeyError(cancelled);
                  }
                });
          } catch (KeyError fault) {
            Throwable told = fault.getSuppressed()[0];
            log("KeyError ctx", name(told), name(told.getCause()));
          }
        });
  }
}
