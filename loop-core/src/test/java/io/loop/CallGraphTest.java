package io.loop;

import static io.loop.Asyncio.asCompleted;
import static io.loop.Asyncio.captureCallGraph;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.formatCallGraph;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.scope.TaskGroup;
import io.loop.task.Awaitable;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class CallGraphTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration DAY = Duration.ofDays(1);

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static Task<@Nullable Void> task(String name, Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.named(name));
  }

  /// What makes the running task wait for a future, in each of the ways there are.
  private static final Map<String, Function<LoopFuture<@Nullable Void>, Awaitable<?>>> WAYS =
      Map.of(
          "await", future -> future,
          "gather", future -> () -> gather(future).await(),
          "gatherReturnExceptions",
              future -> () -> Asyncio.gatherReturnExceptions(List.of(future)).await(),
          "wait", future -> () -> Asyncio.wait(List.of(future)),
          "waitFor", future -> () -> waitFor(future, DAY),
          "shield", future -> () -> shield(future).await(),
          "asCompleted", future -> () -> asCompleted(List.of(future)).iterator().next());

  static Stream<String> ways() {
    return WAYS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("ways")
  void awaitedBy_isTheWaitingTask_untilTheFutureIsDone(String way) {
    manual.run(() -> {
      var future = new LoopFuture<@Nullable Void>();
      Awaitable<?> waiting = WAYS.get(way).apply(future);
      Task<@Nullable Void> waiter = task("waiter", waiting::await);
      sleep(TICK);

      assertThat(future.awaitedBy()).containsExactly(waiter);

      future.setResult(null);
      waiter.await();

      assertThat(future.awaitedBy()).isEmpty();
    });
  }

  @ParameterizedTest
  @MethodSource("ways")
  void awaitedBy_afterTheWaitWasCancelled_isEmpty(String way) {
    manual.run(() -> {
      var future = new LoopFuture<@Nullable Void>();
      Awaitable<?> waiting = WAYS.get(way).apply(future);
      Task<@Nullable Void> waiter = task("waiter", waiting::await);
      sleep(TICK);

      waiter.cancel();
      assertThatThrownBy(waiter::await).isInstanceOf(CancelledError.class);

      if (way.equals("asCompleted")) { // it is a supply for others too, and goes on
        assertThat(future.awaitedBy()).containsExactly(waiter);
      } else {
        assertThat(future.awaitedBy()).isEmpty();
      }
    });
  }

  @Test
  void awaitedBy_ofAGroupsTask_isItsParent() {
    manual.run(() ->
        TaskGroup.run(group -> {
          Task<@Nullable Void> child = group.createTask(() -> sleep(TICK));

          assertThat(child.awaitedBy()).containsExactly(Task.current());
        }));
  }

  @Test
  void awaitedBy_afterAGatherFailed_forgetsItsOtherChildren() {
    manual.run(() -> {
      Task<@Nullable Void> slow = task("slow", () -> sleep(DAY));
      Task<@Nullable Void> bad =
          task(
              "bad",
              () -> {
                throw new IOException("x");
              });

      assertThatThrownBy(() -> gather(slow, bad).await()).isInstanceOf(IOException.class);

      assertThat(slow.awaitedBy()).isEmpty();
      slow.cancel();
    });
  }

  @Test
  void awaitedBy_afterAWaitThatLeftSome_forgetsThem() {
    manual.run(() -> {
      Task<@Nullable Void> slow = task("slow", () -> sleep(DAY));
      Task<@Nullable Void> fast = task("fast", () -> {});

      Asyncio.wait(List.of(slow, fast), null, ReturnWhen.FIRST_COMPLETED);

      assertThat(slow.awaitedBy()).isEmpty();
      slow.cancel();
    });
  }

  @Test
  void awaitedBy_ownCombinator_isWhatItAdded() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      Task<?> me = Task.current();

      Tasks.addToAwaitedBy(future, me);
      List<Task<?>> before = List.copyOf(future.awaitedBy());
      Tasks.discardFromAwaitedBy(future, me);

      assertThat(before).containsExactly(me);
      assertThat(future.awaitedBy()).isEmpty();
    });
  }

  @Test
  void captureCallGraph_withoutATask_isNull() {
    var seen = new ArrayList<@Nullable FutureCallGraph>();

    manual.run(() -> {
      manual.loop().callSoon(() -> seen.add(captureCallGraph()));
      sleep(TICK);
    });

    assertThat(seen).containsExactly((FutureCallGraph) null);
  }

  @Test
  void captureCallGraph_withoutALoop_isRefused() {
    assertThatThrownBy(Asyncio::captureCallGraph).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void captureCallGraph_ofAChain_hasEveryStackAndAwaiter() {
    manual.run(() -> {
      Task<@Nullable Void> inner = task("inner", CallGraphTest::deepSleep);
      Task<@Nullable Void> middle = task("middle", inner::await);
      Task<@Nullable Void> outer = task("outer", () -> gather(middle).await());
      sleep(TICK);
      sleep(TICK);

      FutureCallGraph graph = captureCallGraph(inner);

      assertThat(methods(graph)).containsSubsequence("sleep", "deepest", "deepSleep");
      FutureCallGraph above = graph.awaitedBy().getFirst();
      assertThat(above.future()).isSameAs(middle);
      assertThat(above.awaitedBy().getFirst().future()).isSameAs(outer);
      inner.cancel();
    });
  }

  private static void deepSleep() {
    deepest();
  }

  private static void deepest() {
    sleep(DAY);
  }

  private static List<String> methods(FutureCallGraph graph) {
    return graph.callStack().stream().map(StackTraceElement::getMethodName).toList();
  }

  @Test
  void captureCallGraph_limit_keepsAnEnd() {
    manual.run(() -> {
      Task<@Nullable Void> inner = task("inner", CallGraphTest::deepSleep);
      sleep(TICK);
      List<StackTraceElement> whole = captureCallGraph(inner).callStack();

      assertThat(captureCallGraph(inner, 2).callStack()).isEqualTo(whole.subList(0, 2));
      assertThat(captureCallGraph(inner, -1).callStack()).containsExactly(whole.getLast());
      assertThat(captureCallGraph(inner, 0).callStack()).isEmpty();
      inner.cancel();
    });
  }

  @Test
  void captureCallGraph_ofTheRunningTask_startsWithItsCaller() {
    manual.run(() ->
        assertThat(captureCallGraph().callStack().getFirst().getMethodName())
            .contains("captureCallGraph_ofTheRunningTask"));
  }

  @Test
  void captureCallGraph_ofTasksInARing_ends() {
    manual.run(() -> {
      var tasks = new ArrayList<Task<@Nullable Void>>();
      tasks.add(task("a", () -> tasks.get(1).await()));
      tasks.add(task("b", () -> tasks.get(0).await()));
      sleep(TICK);

      FutureCallGraph graph = captureCallGraph(tasks.get(0));

      assertThat(graph.awaitedBy()).hasSize(1);
      assertThat(graph.awaitedBy().getFirst().awaitedBy()).isEmpty();
      assertThat(tasks.get(0).toString()).contains("name='a'").contains("wait_for=<Task");
      tasks.get(0).cancel();
      sleep(TICK);
      sleep(TICK);
      assertThat(tasks).allMatch(Task::isCancelled);
    });
  }

  @Test
  void formatCallGraph_isAnIndentedTree() {
    manual.run(() -> {
      Task<@Nullable Void> inner = task("inner", CallGraphTest::deepSleep);
      task("outer", inner::await);
      sleep(TICK);

      String text = formatCallGraph(inner);

      assertThat(text)
          .startsWith("* Task(name='inner', id=0x")
          .containsPattern("\n  \\+ Call stack:\n  \\|   at .*\n")
          .containsPattern(
              "\n  \\| {3}at .*CallGraphTest\\.deepest\\(CallGraphTest\\.java:\\d+\\)\n")
          .containsPattern("\n  \\+ Awaited by:\n     \\* Task\\(name='outer', id=0x[0-9a-f]+\\)\n")
          .doesNotContain("Continuation")
          .doesNotContain("TaskStep");
      inner.cancel();
    });
  }

  @Test
  void formatCallGraph_ofAFinishedTask_isItsTitle() {
    manual.run(() -> {
      Task<@Nullable Void> done = task("done", () -> {});
      done.await();

      assertThat(formatCallGraph(done)).matches("\\* Task\\(name='done', id=0x[0-9a-f]+\\)");
    });
  }

  @Test
  void formatCallGraph_withNothingToTell_isEmpty() {
    var seen = new ArrayList<String>();

    manual.run(() -> {
      manual.loop().callSoon(() -> seen.add(formatCallGraph()));
      sleep(TICK);
    });

    assertThat(seen).containsExactly("");
  }
}
