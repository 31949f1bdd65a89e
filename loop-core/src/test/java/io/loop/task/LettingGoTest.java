package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.Callback;
import io.loop.event.Handle;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.testing.Collecting;
import io.loop.testing.ManualLoop;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What is kept after its end keeps its outcome, and nothing else alive.
final class LettingGoTest {

  private static final Duration TICK = Duration.ZERO;
  private static final ContextVar<@Nullable Object> VALUE = ContextVar.of("value", null);

  /// Something that a body refers to.
  private static final class Kept {
    void touch() {}
  }

  private final ManualLoop manual = new ManualLoop();
  private final List<WeakReference<?>> held = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private Kept hold() {
    var kept = new Kept();
    held.add(new WeakReference<>(kept));
    return kept;
  }

  private void assertAllCollected(Object... stillKept) {
    assertThat(held).isNotEmpty();
    try {
      held.forEach(Collecting::await);
    } finally {
      Reference.reachabilityFence(stillKept);
    }
  }

  /// A body that refers to something, in a context that does too.
  private Coro<String> body(Coro.Action action) {
    var kept = hold();
    VALUE.set(hold());
    return () -> {
      action.run();
      kept.touch();
      return "x";
    };
  }

  private void leaveContext() {
    VALUE.set(null);
  }

  @Test
  void tasksThatAreDone_keepNeitherBodyNorContext() {
    manual.run(() -> {
      List<Task<String>> tasks = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        tasks.add(createTask(body(() -> sleep(TICK))));
      }
      leaveContext();
      for (Task<String> task : tasks) {
        assertThat(task.await()).isEqualTo("x");
      }

      assertAllCollected(tasks);
      assertThat(tasks.getFirst().toString())
          .contains("finished result=x")
          .contains("coro=<LettingGoTest lambda>");
    });
  }

  @Test
  void taskInAContextThatWasGiven_doesNotKeepIt() {
    manual.run(() -> {
      Task<String> task =
          createTask(body(() -> {}), TaskOptions.DEFAULT.withContext(givenContext()));
      leaveContext();
      assertThat(task.getContext()).isNotNull();
      task.await();

      assertThat(task.getContext()).isNull();
      assertAllCollected(task);
    });
  }

  private Context givenContext() {
    Context given = Context.copyCurrent();
    held.add(new WeakReference<>(given));
    return given;
  }

  @Test
  void taskThatFailed_keepsNeither() {
    manual.run(() -> {
      Task<String> task =
          createTask(
              body(() -> {
                throw new IllegalStateException("x");
              }));
      leaveContext();
      assertThatThrownBy(task::await).hasMessage("x");

      assertAllCollected(task);
    });
  }

  @Test
  void taskThatWasCancelled_keepsNeither() {
    manual.run(() -> {
      Task<String> suspended = createTask(body(() -> sleep(Duration.ofHours(1))));
      sleep(TICK);
      Task<String> notStarted = createTask(body(() -> {}));
      leaveContext();
      suspended.cancel();
      notStarted.cancel();
      assertThatThrownBy(suspended::await).isInstanceOf(CancelledError.class);
      assertThatThrownBy(notStarted::await).isInstanceOf(CancelledError.class);

      assertAllCollected(suspended, notStarted);
    });
  }

  @Test
  void tasksThatStartedEagerly_keepNeither() {
    manual.run(() -> {
      Task<String> ended = createTask(body(() -> {}), TaskOptions.DEFAULT.withEagerStart());
      Task<String> suspended =
          createTask(body(() -> sleep(TICK)), TaskOptions.DEFAULT.withEagerStart());
      leaveContext();
      assertThat(ended.isDone()).isTrue();
      suspended.await();

      assertAllCollected(ended, suspended);
    });
  }

  @Test
  void tasksThatTheirLoopEnded_keepNeither() {
    List<Task<String>> tasks = new ArrayList<>();
    manual.run(() -> {
      tasks.add(createTask(body(() -> sleep(Duration.ofHours(1)))));
      sleep(TICK);
      tasks.add(createTask(body(() -> {})));
      leaveContext();
      tasks.forEach(task -> task.step().doNotReportDestruction());
    });

    manual.close();

    assertThat(tasks).allMatch(LoopFuture::isDone);
    assertThat(tasks.getFirst().isCancelled()).isTrue();
    assertAllCollected(tasks);
  }

  @Test
  void group_doesNotKeepTheCancellationFromOutside() {
    manual.run(() -> {
      var group = new TaskGroup();
      Task<Void> parent =
          createTask(() -> {
            try {
              group.with(inside -> inside.createTask(() -> sleep(Duration.ofHours(1))));
            } catch (CancelledError outside) {
              held.add(new WeakReference<>(outside));
            }
          });
      sleep(TICK);
      sleep(TICK);
      parent.cancel();
      parent.await();

      assertAllCollected(group);
    });
  }

  @Test
  void timeout_keepsNeitherTaskNorContext() {
    manual.run(() -> {
      List<Timeout> timeouts = new ArrayList<>();
      for (Duration limit : List.of(Duration.ofHours(1), Duration.ofMillis(1))) {
        runUnder(limit, timeouts);
      }
      leaveContext();
      sleep(TICK);

      assertAllCollected(timeouts);
      assertThat(timeouts).allMatch(timeout -> timeout.when() != null);
    });
  }

  private void runUnder(Duration limit, List<Timeout> timeouts) {
    VALUE.set(hold());
    Task<Void> task =
        createTask(() -> {
          Timeout timeout = Timeout.after(limit);
          timeouts.add(timeout);
          try {
            timeout.with(_ -> sleep(Duration.ofMillis(10), "x"));
          } catch (TimeoutException expected) {
            assertThat(timeout.isExpired()).isTrue();
          }
        });
    held.add(new WeakReference<>(task));
    task.await();
  }

  @Test
  void gather_keepsTheResultsAndNotTheTasks() {
    manual.run(() -> {
      LoopFuture<List<String>> all = gather(List.of(watched(() -> {}), watched(() -> {})));
      all.await();
      LoopFuture<List<String>> failed =
          gather(
              List.of(
                  watched(() -> sleep(TICK)),
                  watched(() -> {
                    throw new IllegalStateException("x");
                  })));
      assertThatThrownBy(failed::await).hasMessage("x");
      leaveContext();
      sleep(TICK);
      sleep(TICK);

      assertAllCollected(all, failed);
      assertThat(all.result()).containsExactly("x", "x");
    });
  }

  private Task<String> watched(Coro.Action action) {
    Task<String> task = createTask(body(action));
    held.add(new WeakReference<>(task));
    return task;
  }

  @Test
  void handlesThatWereCancelled_keepNeitherCallbackNorContext() {
    manual.run(() -> {
      List<Handle> handles = new ArrayList<>();
      VALUE.set(hold());
      handles.add(manual.loop().callSoon(callback()));
      handles.add(manual.loop().callLater(Duration.ofHours(1), callback()));
      handles.add(manual.loop().callSoonThreadsafe(callback()));
      leaveContext();
      handles.forEach(Handle::cancel);
      sleep(TICK);

      assertAllCollected(handles);
    });
  }

  private Callback callback() {
    var kept = hold();
    return kept::touch;
  }
}
