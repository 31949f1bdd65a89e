package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.TraceRecorder.TICK;

import io.loop.context.ContextVar;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import org.junit.jupiter.api.Test;

/// The order of events around eager tasks, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class EagerTaskTracesTest extends TaskGroupTraces {

  private static final ContextVar<Integer> NUMBER = ContextVar.of("number", 0);

  @Test
  void e9_eagerChildren() {
    assertTrace(
        "0:before ; 0:a done ; 0:eager done True ; 0:b done False ; 1:b done ; 3:after"
            + " ; 3:main= None",
        () -> {
          TaskGroup.run(group -> {
            log("before");
            Task<String> a = group.createTask(ok("a", 0), TaskOptions.DEFAULT.withEagerStart());
            log("eager done", a.isDone());
            Task<String> b = group.createTask(ok("b", 1), TaskOptions.DEFAULT.withEagerStart());
            log("b done", b.isDone());
          });
          log("after");
        });
  }

  @Test
  void e9b_eagerChildFails() {
    assertTrace(
        "0:a raises ; 0:body after eager failure ; 1:EG ; 1:main= None",
        () -> {
          try {
            TaskGroup.run(group -> {
              group.createTask(bad("a", 0), TaskOptions.DEFAULT.withEagerStart());
              log("body after eager failure");
              sleep(TICK);
            });
          } catch (ExceptionGroup failed) {
            log("EG");
          }
        });
  }

  @Test
  void ea_eagerTasks() {
    assertTrace(
        "0:cur E in all True ; 0:back True False ; 1:ch2 ; 2:True ; 2:1 ; 3:cb" + " ; 3:main= None",
        () -> {
          Task<?> main = Task.current();
          Task<Integer> suspends =
              createTask(
                  () -> {
                    Task<?> current = Task.current();
                    log("cur", current.getName(), "in all", Task.all().contains(current));
                    sleep(TICK);
                    log("ch2");
                    return 1;
                  },
                  new TaskOptions("E", null, true));
          log("back", Task.current() == main, suspends.isDone());
          suspends.await();
          Task<Integer> returns = createTask(() -> 1, TaskOptions.DEFAULT.withEagerStart());
          returns.addDoneCallback(_ -> log("cb"));
          log(returns.isDone());
          log(returns.await());
          sleep(TICK);
        });
  }

  @Test
  void ea2_variableSetInAnEagerTask() {
    assertTrace(
        "0:out 1 ; 1:in 5 ; 2:out 1 ; 2:main= None",
        () -> {
          NUMBER.set(1);
          Task<Void> task =
              createTask(
                  Coro.of(() -> {
                    NUMBER.set(5);
                    sleep(TICK);
                    log("in", NUMBER.get());
                  }),
                  TaskOptions.DEFAULT.withEagerStart());
          log("out", NUMBER.get());
          task.await();
          log("out", NUMBER.get());
        });
  }
}
