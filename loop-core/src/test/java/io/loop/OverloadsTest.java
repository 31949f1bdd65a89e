package io.loop;

import static io.loop.Asyncio.asCompleted;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.gatherCancelSiblings;
import static io.loop.Asyncio.gatherReturnExceptions;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.Asyncio.timeoutAt;
import static io.loop.Asyncio.toThread;
import static io.loop.Asyncio.waitFor;
import static io.loop.Asyncio.waitFutures;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.loop.event.Loop;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.task.Awaitable;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A lambda means what it says: with a result or without one, and with checked exceptions.
final class OverloadsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private void note(String text) throws IOException {
    if (text.isEmpty()) {
      throw new IOException("an empty note");
    }
    log.add(text);
  }

  private static String text(String text) throws IOException {
    if (text.isEmpty()) {
      throw new IOException("an empty text");
    }
    return text;
  }

  @Test
  void run_actionWithOptions_runsIt() {
    Asyncio.run(() -> note(Task.current().getName()), Runner.Options.DEFAULT.withoutSignals());

    assertThat(log).hasSize(1);
  }

  @Test
  void createTask_actionWithOptions_hasTheName() {
    manual.run(() -> {
      Task<Void> task = createTask(() -> note("ran"), TaskOptions.named("n"));
      Task<Void> inGroup =
          TaskGroup.call(group -> group.createTask(() -> note("too"), TaskOptions.named("g")));
      task.await();

      assertThat(task.getName()).isEqualTo("n");
      assertThat(inGroup.getName()).isEqualTo("g");
    });

    assertThat(log).containsExactlyInAnyOrder("ran", "too");
  }

  @Test
  void timeout_bodyWithAResult_returnsIt() {
    manual.run(() -> {
      String result = timeout(SECOND, () -> text("x"));
      String at = timeoutAt(Loop.running().time().plus(SECOND), () -> text("y"));
      timeout(SECOND, () -> note("z"));
      timeoutAt(Loop.running().time().plus(SECOND), () -> note("at"));
      Timeout.after(SECOND).run(deadline -> note(deadline.isExpired() ? "late" : "in time"));

      assertThat(result + at).isEqualTo("xy");
    });

    assertThat(log).containsExactly("z", "at", "in time");
  }

  @Test
  void timeout_checkedExceptionOfTheBody_isThrown() {
    assertThatThrownBy(() -> manual.run(() -> timeout(SECOND, () -> text(""))))
        .isInstanceOf(IOException.class);
  }

  @Test
  void combinators_lambdasFuturesAndBodies_together() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      Loop.running().callSoon(() -> future.setResult("f"));
      Awaitable<String> either = () -> text("a");

      assertThat(gather(future, either, () -> text("b")).await()).containsExactly("f", "a", "b");
      assertThat(gatherCancelSiblings(future, () -> text("c")).await()).containsExactly("f", "c");
      assertThat(gatherReturnExceptions(future, () -> text("")).await())
          .element(1)
          .isInstanceOf(IOException.class);
      assertThat(shield(() -> text("s")).await()).isEqualTo("s");
      assertThat(waitFor(() -> text("w"), SECOND)).isEqualTo("w");
    });
  }

  @Test
  void combinators_actions_run() {
    manual.run(() -> {
      gather(() -> note("1"), () -> note("2")).await();
      shield(() -> note("3")).await();
      waitFor(() -> note("4"), SECOND);
      TaskGroup.forEach(List.of("5", "6"), 1, this::note);
    });

    assertThat(log).containsExactly("1", "2", "3", "4", "5", "6");
  }

  @Test
  void forEach_failure_isInTheGroup() {
    assertThatThrownBy(() -> manual.run(() -> TaskGroup.forEach(List.of(""), 1, this::note)))
        .isInstanceOfSatisfying(
            ExceptionGroup.class,
            group -> assertThat(group.exceptions().getFirst()).isInstanceOf(IOException.class));
  }

  @Test
  void wait_underANameToImport_isTheSame() {
    manual.run(() -> {
      Task<String> quick = createTask(() -> text("q"));
      Task<Void> slow = createTask(() -> sleep(SECOND));

      var first = waitFutures(List.of(quick, slow), Duration.ofMillis(1));
      var all = waitFutures(quick, slow);

      assertThat(first.done()).containsExactly(quick);
      assertThat(first.pending()).containsExactly(slow);
      assertThat(all.done()).containsExactly(quick, slow);
      assertThat(Asyncio.wait(quick, slow).pending()).isEmpty();
      assertThat(Asyncio.wait(List.of(quick), SECOND).done()).containsExactly(quick);
    });
  }

  @Test
  void asCompleted_tooLate_canBeCaughtAroundTheLoop() {
    manual.run(() -> {
      var never = new LoopFuture<String>();
      try {
        for (LoopFuture<String> done :
            asCompleted(List.<Awaitable<String>>of(never, () -> text("x")), SECOND)) {
          note(done.result());
        }
        fail("should be too late");
      } catch (TimeoutException late) {
        note("late");
      }
      for (LoopFuture<String> done : asCompleted(() -> text("a"), () -> text("b"))) {
        note(done.result());
      }
    });

    assertThat(log).containsExactly("x", "late", "a", "b");
  }

  @Test
  void callbacks_checkedException_goesToTheExceptionHandler() {
    var faults = new ArrayList<Throwable>();
    manual.loop().setExceptionHandler((_, report) -> faults.add(report.exception()));
    manual.run(() -> {
      Loop loop = Loop.running();
      loop.callSoon(() -> note(""));
      loop.callLater(Duration.ofMillis(1), () -> note(""));
      loop.callAt(loop.time(), () -> note(""));
      loop.callSoonThreadsafe(() -> note(""));
      createTask(() -> {}).addDoneCallback(_ -> note(""));
      sleep(SECOND);
    });

    assertThat(faults).hasSize(5).allMatch(fault -> fault instanceof IOException);
  }

  @Test
  void otherThreads_actions_run() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      toThread(() -> note("job"));
      CompletableFuture<Void> outside = runCoroutineThreadsafe(() -> note("body"), manual.loop());
      sleep(SECOND);
      outside.join();
    });

    assertThat(log).containsExactly("job", "body");
  }
}
