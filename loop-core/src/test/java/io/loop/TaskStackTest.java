package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskStackTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration DAY = Duration.ofDays(1);

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static Task<@Nullable Void> task(Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.named("t"));
  }

  private static void outermost() {
    innermost();
  }

  private static void innermost() {
    sleep(DAY);
  }

  private static void failing() throws IOException {
    throw new IOException("x");
  }

  private static List<String> methods(StackTraceElement[] frames) {
    return Arrays.stream(frames).map(StackTraceElement::getMethodName).toList();
  }

  private static String printed(Task<?> task, int limit) {
    var bytes = new ByteArrayOutputStream();
    task.printStack(limit, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void getStack_suspended_isTheWholeBodyWithoutOurMachinery() {
    manual.run(() -> {
      Task<@Nullable Void> task = task(TaskStackTest::outermost);
      sleep(TICK);

      List<String> stack = methods(task.getStack());

      assertThat(stack).containsSubsequence("await", "sleep", "innermost", "outermost");
      assertThat(stack).doesNotContain("suspend", "yield", "runBody", "awaitOn");
      task.cancel();
    });
  }

  @Test
  void getStack_limit_keepsTheNewestFramesOfAStack() {
    manual.run(() -> {
      Task<@Nullable Void> task = task(TaskStackTest::outermost);
      sleep(TICK);
      StackTraceElement[] whole = task.getStack();

      assertThat(task.getStack(2)).containsExactly(whole[0], whole[1]);
      assertThat(task.getStack(0)).isEmpty();
      assertThat(task.getStack(1000)).containsExactly(whole);
      assertThatThrownBy(() -> task.getStack(-1)).isInstanceOf(IllegalArgumentException.class);
      task.cancel();
    });
  }

  @Test
  void getStack_limit_keepsTheOldestFramesOfAFailure() {
    manual.run(() -> {
      Task<@Nullable Void> task = task(TaskStackTest::failing);
      assertThat(catchThrowable(task::await)).isInstanceOf(IOException.class);
      StackTraceElement[] whole = task.getStack();

      assertThat(task.getStack(1)).containsExactly(whole[whole.length - 1]);
    });
  }

  @Test
  void printStack_hasItsThreeHeadings() {
    manual.run(() -> {
      Task<@Nullable Void> suspended = task(TaskStackTest::outermost);
      Task<@Nullable Void> failed = task(TaskStackTest::failing);
      Task<@Nullable Void> ended = task(() -> {});
      sleep(TICK);

      assertThat(printed(suspended, 100))
          .startsWith("Stack for <Task pending name='t'")
          .containsPattern("\\(most recent call first\\):\\R  at ")
          .contains("TaskStackTest.innermost(TaskStackTest.java:");
      assertThat(printed(failed, 100))
          .startsWith("Traceback for <Task finished exception=java.io.IOException: x name='t'")
          .contains("TaskStackTest.failing(")
          .endsWith("\njava.io.IOException: x" + System.lineSeparator());
      assertThat(printed(ended, 100)).startsWith("No stack for <Task finished result=null");
      suspended.cancel();
      assertThat(failed.exception()).isNotNull();
    });
  }

  @Test
  void getCoro_isTheBody_untilItHasEnded() {
    manual.run(() -> {
      Coro<Integer> body = () -> 1;

      Task<Integer> usual = createTask(body);
      Task<Integer> eager = createTask(body, TaskOptions.DEFAULT.withEagerStart());

      assertThat(usual.getCoro()).isSameAs(body);
      assertThat(eager.getCoro()).isNull();
      usual.await();
      assertThat(usual.getCoro()).isNull();
      assertThat(usual.toString()).contains("coro=<TaskStackTest lambda>");
    });
  }

  @Test
  void toString_tellsWhatIsAwaitedAndWhatIsCalled() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      DoneCallback<LoopFuture<String>> callback =
          new DoneCallback<>() {
            @Override
            public void call(LoopFuture<String> done) {}

            @Override
            public String toString() {
              return "callback";
            }
          };
      for (int i = 0; i < 4; i++) {
        future.addDoneCallback(callback);
      }
      Task<@Nullable Void> task = task(future::await);
      sleep(TICK);

      assertThat(future).hasToString("<LoopFuture pending cb=[callback, <3 more>, wakeup of t]>");
      assertThat(task.toString())
          .startsWith("<Task pending name='t' coro=<TaskStackTest lambda> wait_for=<LoopFuture");
      future.setResult("x".repeat(1000));
      assertThat(future.toString())
          .hasSizeLessThan(150)
          .startsWith("<LoopFuture finished result=xx");
      task.await();
    });
  }

  @Test
  void toString_ofAResultThatCannotBeDescribed_saysSo() {
    manual.run(() -> {
      var future = new LoopFuture<Object>();
      future.setResult(
          new Object() {
            @Override
            public String toString() {
              throw new UnsupportedOperationException();
            }
          });

      assertThat(future.toString())
          .contains("whose toString failed with java.lang.UnsupportedOperationException");
    });
  }
}
