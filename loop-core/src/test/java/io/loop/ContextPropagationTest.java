package io.loop;

import static io.loop.Asyncio.addSignalHandler;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.Loop;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class ContextPropagationTest extends ContextPropagationFixture {

  private static <T> T onAnotherThread(Callable<T> work) throws Exception {
    var result = new CompletableFuture<T>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                result.complete(work.call());
              } catch (Throwable fault) {
                result.completeExceptionally(fault);
              }
            });
    thread.join();
    return result.get();
  }

  @Test
  void task_hasTheValuesOfItsMakerAtThatMoment() {
    Asyncio.run(() -> {
      name.set("first");
      Task<?> one = createTask(this::look);
      name.set("second");
      Task<?> two = createTask(this::look);
      name.set(null);
      Task<?> three = createTask(this::look);
      name.set("later");
      gather(one, two, three).await();
    });

    assertThat(seen).containsExactly("first", "second", null);
  }

  @Test
  void task_changesItsValues_noOtherSeesThat() {
    Asyncio.run(() -> {
      name.set("parent");
      Coro.Action child =
          () -> {
            String own = Task.current().getName();
            name.set(own);
            for (int i = 0; i < 3; i++) {
              sleep(Duration.ZERO);
              assertThat(name.get()).isEqualTo(own);
            }
          };
      Task<?> one = createTask(Coro.of(child));
      Task<?> two = createTask(Coro.of(child));
      sleep(Duration.ZERO);
      Loop.running().callSoon(() -> name.set("callback"));
      gather(one, two).await();
      look();
    });

    assertThat(seen).containsExactly("parent");
    assertThat(name.get()).isNull();
  }

  @Test
  void task_onAThreadThatAnotherHad_findsNothingOfIt() {
    Asyncio.run(() -> {
      for (int i = 0; i < 100; i++) {
        createTask(
                () -> {
                  look();
                  name.set("left");
                })
            .await();
      }
    });

    assertThat(seen).hasSize(100).containsOnlyNulls();
  }

  @Test
  void groupsGatherAndEagerTasks_haveThem() {
    Asyncio.run(() -> {
      name.set("maker");
      TaskGroup.run(group -> group.createTask(this::look));
      gather(
              () -> {
                look();
                return 0;
              })
          .await();
      createTask(Coro.of(this::look), TaskOptions.DEFAULT.withEagerStart()).await();
      Asyncio.waitFor(
          Coro.of(() -> {
            sleep(Duration.ZERO);
            look();
          }),
          Duration.ofDays(1));
      look();
    });

    assertThat(seen).hasSize(5).containsOnly("maker");
  }

  @Test
  void eagerTask_ofACallback_hasThoseOfTheCallback() {
    Asyncio.run(() -> {
      name.set("scheduler");
      var done = new LoopFuture<@Nullable Void>(Loop.running());
      Loop.running()
          .callSoon(() -> {
            name.set("callback");
            Task<?> _ =
                createTask(
                    Coro.of(() -> {
                      look();
                      sleep(Duration.ZERO);
                      look();
                      done.setResult(null);
                    }),
                    TaskOptions.DEFAULT.withEagerStart());
            look();
          });
      done.await();
    });

    assertThat(seen).hasSize(3).containsOnly("callback");
  }

  @Test
  void callbacks_haveTheValuesOfTheirScheduler() {
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      var future = new LoopFuture<@Nullable Void>(loop);
      name.set("soon");
      loop.callSoon(this::look);
      name.set("done");
      future.addDoneCallback(_ -> look());
      name.set("later");
      loop.callLater(Duration.ofMillis(1), this::look);
      name.set("at");
      var last = new LoopFuture<@Nullable Void>(loop);
      loop.callAt(
          loop.time().plusMillis(50),
          () -> {
            look();
            last.setResult(null);
          });
      name.set(null);
      future.setResult(null);
      last.await();
    });

    assertThat(seen).containsExactly("soon", "done", "later", "at");
  }

  @Test
  void callback_changesItsValues_theNextDoesNotSeeThat() {
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      loop.callSoon(() -> name.set("left"));
      loop.callSoon(this::look);
      sleep(Duration.ofMillis(1));
    });

    assertThat(seen).containsExactly((String) null);
  }

  @Test
  void callback_schedulesAnother_whichHasItsChanges() {
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      var done = new LoopFuture<@Nullable Void>(loop);
      loop.callSoon(() -> {
        name.set("changed");
        loop.callSoon(() -> {
          look();
          done.setResult(null);
        });
      });
      done.await();
    });

    assertThat(seen).containsExactly("changed");
  }

  @Test
  void loopsThreadHasValues_workWithoutAny_seesNone() {
    var manual = new ManualLoop();
    manual.loop().callSoon(this::look);
    name.set("thread");
    manual.loop().callSoon(this::look);

    manual.runUntilIdle();
    manual.close();

    assertThat(seen).containsExactly(null, "thread");
    assertThat(name.get()).isEqualTo("thread");
  }

  @Test
  void toThread_hasThem_andLeavesTheThreadClean() {
    Asyncio.run(() -> {
      name.set("caller");
      Object first =
          toThread(() -> {
            look();
            name.set("left");
            return Thread.currentThread();
          });
      name.set(null);
      Object second =
          toThread(() -> {
            look();
            return Thread.currentThread();
          });
      assertThat(second).isSameAs(first);
    });

    assertThat(seen).containsExactly("caller", null);
  }

  @Test
  void runCoroutineThreadsafe_hasTheCallingThreads_andSoHasTheTaskFactory() throws Exception {
    List<@Nullable String> fromFactory = new ArrayList<>();
    var factory =
        new io.loop.task.TaskFactory() {
          @Override
          public <T extends @Nullable Object> Task<T> create(
              Loop loop, Coro<T> body, TaskOptions options) {
            fromFactory.add(name.get());
            return Task.of(loop, body, options);
          }
        };
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      name.set("loop");
      Tasks.setTaskFactory(loop, factory);
      toThread(() ->
          onAnotherThread(() -> {
            name.set("caller");
            Coro<@Nullable Void> body = Coro.of(this::look);
            var submitted = runCoroutineThreadsafe(body, loop);
            loop.callSoonThreadsafe(this::look);
            name.set("later");
            return submitted.get();
          }));
      sleep(Duration.ZERO);
    });

    assertThat(seen).containsExactlyInAnyOrder("caller", "caller");
    assertThat(fromFactory).startsWith("caller");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void signalHandler_hasThoseOfWhoeverAddedIt() throws Exception {
    Asyncio.run(() -> {
      var came = new LoopFuture<@Nullable Void>(Loop.running());
      name.set("adder");
      addSignalHandler(
          "WINCH",
          () -> {
            look();
            came.setResult(null);
          });
      name.set("later");
      long pid = ProcessHandle.current().pid();
      new ProcessBuilder("/bin/sh", "-c", "kill -WINCH " + pid).inheritIO().start();
      came.await();
    });

    assertThat(seen).containsExactly("adder");
  }

  @Test
  void context_carriesTheValuesOfTheThreadThatCopiedIt() {
    ContextVar<String> user = ContextVar.of("user", "nobody");
    Asyncio.run(() -> {
      name.set("copied");
      Context copy = Context.copyCurrent();
      name.set("now");
      copy.run(() -> {
        user.set("alice");
        look();
      });
      look();
      createTask(Coro.of(this::look), TaskOptions.DEFAULT.withContext(copy)).await();
      createTask(Coro.of(this::look), TaskOptions.DEFAULT.withContext(copy.copy())).await();
    });

    assertThat(seen).containsExactly("copied", "now", "copied", "copied");
  }

  @Test
  void runner_eachRunHasThoseOfItsCaller() {
    try (var runner = new Runner()) {
      name.set("first");
      runner.run(this::look);
      name.set("second");
      runner.run(this::look);
      name.set(null);
      runner.run(this::look);
    }

    assertThat(seen).containsExactly("first", "second", null);
  }

  @Test
  void exceptionHandler_hasThoseOfTheCallbackThatFailed() {
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      loop.setExceptionHandler((_, _) -> look());
      name.set("scheduler");
      loop.callSoon(() -> {
        throw new IllegalStateException("wanted");
      });
      name.set(null);
      sleep(Duration.ofMillis(1));
    });

    assertThat(seen).containsExactly("scheduler");
  }
}
