package io.loop.docs;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.gatherReturnExceptions;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;

import io.loop.Runner;
import io.loop.context.ContextVar;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TaskRecipesTest extends Recipes {

  @Test
  void hello_printsTwice() {
    // recipe: hello
    run(() -> {
      IO.println("hello");
      sleep(Duration.ofMillis(100));
      IO.println("world");
    });
    // end

    assertPrints("hello", "hello", "world");
  }

  // recipe: create-task
  static int square(int number) {
    sleep(Duration.ofMillis(100));
    return number * number;
  }

  // end

  @Test
  void createTask_runsBeside() {
    // recipe: create-task
    run(() -> {
      Task<Integer> task = createTask(() -> square(7));
      IO.println("started");
      IO.println(task.await());
    });
    // end

    assertPrints("create-task", "started", "49");
  }

  // recipe: gather
  static String fetch(String name, int millis) {
    sleep(Duration.ofMillis(millis));
    return name;
  }

  // end

  @Test
  void gather_keepsTheOrderOfItsArguments() {
    // recipe: gather
    run(() -> {
      List<String> names = gather(() -> fetch("slow", 200), () -> fetch("fast", 100)).await();
      IO.println(names);
    });
    // end

    assertPrints("gather", "[slow, fast]");
  }

  @Test
  void gatherReturnExceptions_collectsFailuresToo() {
    // recipe: gather-exceptions
    run(() -> {
      List<Object> results =
          gatherReturnExceptions(List.of(() -> 1, () -> Integer.parseInt("x"))).await();
      for (Object result : results) {
        IO.println(result instanceof NumberFormatException ? "not a number" : result);
      }
    });
    // end

    assertPrints("gather-exceptions", "1", "not a number");
  }

  @Test
  void shield_keepsTheWorkFromItsCallersCancellation() {
    // recipe: shield
    run(() -> {
      Task<Integer> work = createTask(() -> sleep(Duration.ofMillis(200), 42));
      Task<Integer> caller = createTask(() -> shield(work).await());
      sleep(Duration.ofMillis(100));
      caller.cancel();
      try {
        caller.await();
      } catch (CancelledError cancelled) {
        IO.println("caller cancelled");
      }
      IO.println(work.await());
    });
    // end

    assertPrints("shield", "caller cancelled", "42");
  }

  @Test
  void taskGroup_waitsForAll() {
    // recipe: task-group
    run(() -> {
      int sum =
          TaskGroup.call(group -> {
            Task<Integer> one = group.createTask(() -> sleep(Duration.ofMillis(100), 1));
            Task<Integer> two = group.createTask(() -> sleep(Duration.ofMillis(200), 2));
            return one.await() + two.await();
          });
      IO.println(sum);
    });
    // end

    assertPrints("task-group", "3");
  }

  @Test
  void taskGroup_failure_cancelsTheOthers() {
    // recipe: task-group-failure
    Coro.Action failing =
        () -> {
          sleep(Duration.ofMillis(100));
          throw new IllegalArgumentException("bad");
        };
    Coro.Action waiting =
        () -> {
          try {
            sleep(Duration.ofHours(1));
          } finally {
            IO.println("cleaned up");
          }
        };
    run(() -> {
      try {
        TaskGroup.run(group -> {
          group.createTask(failing);
          group.createTask(waiting);
        });
      } catch (ExceptionGroup group) {
        var part = group.subgroup(fault -> fault instanceof IllegalArgumentException);
        if (part == null) {
          throw group;
        }
        IO.println(part.exceptions().getFirst().getMessage());
      }
    });
    // end

    assertPrints("task-group-failure", "cleaned up", "bad");
  }

  @Test
  void cancel_letsTheTaskCleanUp() {
    // recipe: cancel
    run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              sleep(Duration.ofHours(1));
            } catch (CancelledError cancelled) {
              IO.println("asked to stop: " + cancelled.getMessage());
              throw cancelled;
            } finally {
              IO.println("closing");
            }
          });
      sleep(Duration.ofMillis(100));
      task.cancel("enough");
      try {
        task.await();
      } catch (CancelledError cancelled) {
        IO.println(task.isCancelled() ? "cancelled" : "done");
      }
    });
    // end

    assertPrints("cancel", "asked to stop: enough", "closing", "cancelled");
  }

  // recipe: context
  static final ContextVar<String> USER = ContextVar.of("user", "nobody");

  static void greet() {
    sleep(Duration.ofMillis(100));
    IO.println("hello " + USER.get());
  }

  // end

  @Test
  void contextVar_isSeenByTheTasksMadeWithIt() {
    // recipe: context
    run(() -> {
      Task<?> first = createTask(() -> greet());
      USER.set("alice");
      Task<?> second = createTask(() -> greet());
      USER.set("bob");
      gather(first, second).await();
      IO.println(USER.get());
    });
    // end

    assertPrints("context", "hello nobody", "hello alice", "bob");
  }

  @Test
  void runner_keepsItsLoopBetweenTwoRuns() {
    // recipe: runner
    try (var runner = new Runner()) {
      int first = runner.run(() -> sleep(Duration.ofMillis(10), 1));
      int second = runner.run(() -> sleep(Duration.ofMillis(10), first + 1));
      IO.println(second);
      IO.println(runner.getLoop().isClosed() ? "closed" : "open");
    }
    // end

    assertPrints("runner", "2", "open");
  }
}
