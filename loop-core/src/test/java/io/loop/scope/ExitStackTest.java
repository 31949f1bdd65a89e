package io.loop.scope;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExitStackTest {

  private final ManualLoop manual = new ManualLoop();
  private final List<String> events = new ArrayList<>();

  /// Takes ten milliseconds to close.
  private final class Resource implements AutoCloseable {
    private final String name;

    Resource(String name) {
      this.name = name;
      events.add("open " + name);
    }

    @Override
    public void close() {
      sleep(Duration.ofMillis(10));
      events.add("close " + name);
    }
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void close_awaitsEachInReverseOrder() {
    manual.run(() -> {
      try (var stack = new ExitStack()) {
        stack.enter(new Resource("a"));
        stack.push(() -> events.add("call b"));
        stack.enter(new Resource("c"));
      }
    });

    assertThat(events).containsExactly("open a", "open c", "close c", "call b", "close a");
  }

  @Test
  void close_afterAFailure_closesTheOthersAndThrowsTheFirst() {
    manual.run(() -> {
      var stack = new ExitStack();
      stack.enter(new Resource("a"));
      stack.push(() -> {
        throw new IOException("second");
      });
      stack.push(() -> {
        throw new IOException("first");
      });

      assertThatThrownBy(stack::close)
          .isInstanceOf(IOException.class)
          .hasMessage("first")
          .satisfies(fault ->
              assertThat(fault.getSuppressed()).singleElement().asString().contains("second"));
    });
    assertThat(events).containsExactly("open a", "close a");
  }

  @Test
  void close_twice_closesNothingTwice() {
    manual.run(() -> {
      var stack = new ExitStack();
      stack.push(() -> events.add("once"));

      stack.close();
      stack.close();
    });
    assertThat(events).containsExactly("once");
  }

  @Test
  void close_cancelled_closesTheOthersAndEndsTheTaskAsCancelled() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try (var stack = new ExitStack()) {
              stack.enter(new Resource("a"));
              stack.enter(new Resource("b"));
              stack.push(() -> {
                throw new IOException("before");
              });
            }
          });
      sleep(Duration.ofMillis(1)); // b is being closed

      task.cancel("enough");

      assertThatThrownBy(task::await)
          .isInstanceOf(CancelledError.class)
          .satisfies(fault ->
              assertThat(fault.getSuppressed()).singleElement().asString().contains("before"));
    });
    assertThat(events).containsExactly("open a", "open b", "close a");
  }

  @Test
  void popAll_movesEverything() {
    manual.run(() -> {
      ExitStack kept;
      try (var stack = new ExitStack()) {
        stack.push(() -> events.add("a"));
        stack.push(() -> events.add("b"));
        kept = stack.popAll();
      }
      assertThat(events).isEmpty();

      kept.close();
    });
    assertThat(events).containsExactly("b", "a");
  }

  @Test
  void call_returnsWhatTheBodyReturnsAfterClosing() {
    manual.run(() -> {
      int result =
          ExitStack.call(stack -> {
            stack.enter(new Resource("a"));
            return 42;
          });

      assertThat(result).isEqualTo(42);
      assertThat(events).containsExactly("open a", "close a");
    });
  }

  @Test
  void run_failingBody_hasFailuresOfClosingSuppressed() {
    manual.run(() ->
        assertThatThrownBy(() ->
                ExitStack.run(stack -> {
                  stack.push(() -> {
                    throw new IOException("closing");
                  });
                  throw new IOException("body");
                }))
            .hasMessage("body")
            .satisfies(fault ->
                assertThat(fault.getSuppressed()).singleElement().asString().contains("closing")));
  }

  @Test
  void run_cancelledWhileItClosesAfterAFailure_isCancelled() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              ExitStack.run(stack -> {
                stack.enter(new Resource("a"));
                throw new IOException("body");
              }));
      sleep(Duration.ofMillis(1));

      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(task.isCancelled()).isTrue();
    });
  }

  @Test
  void run_cancelledWhileItClosesAfterAnError_isCancelled() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              ExitStack.run(stack -> {
                stack.enter(new Resource("a"));
                throw new AssertionError("body");
              }));
      sleep(Duration.ofMillis(1));

      task.cancel();

      assertThatThrownBy(task::await)
          .isInstanceOf(CancelledError.class)
          .satisfies(fault ->
              assertThat(fault.getSuppressed())
                  .anyMatch(suppressed -> suppressed instanceof AssertionError));
    });
  }

  @Test
  void run_exitWhileItCloses_goesBeforeFailuresAndCancellations() {
    manual.run(() -> {
      for (Throwable earlier : List.of(new IOException("body"), new CancelledError("body"))) {
        var exit = new SystemExit(3);
        assertThatThrownBy(() ->
                ExitStack.run(stack -> {
                  stack.push(() -> {
                    throw new CancelledError("later");
                  });
                  stack.push(() -> {
                    throw exit;
                  });
                  stack.push(() -> sneak(earlier));
                }))
            .isSameAs(exit)
            .satisfies(fault -> assertThat(fault.getSuppressed()).hasSize(2).contains(earlier));
      }
    });
  }

  private static void sneak(Throwable fault) throws Exception {
    if (fault instanceof Error error) {
      throw error;
    }
    throw (Exception) fault;
  }

  @Test
  void failure_thrownTwice_isNotSuppressedInItself() {
    manual.run(() -> {
      var same = new IOException("same");
      assertThatThrownBy(() ->
              ExitStack.run(stack -> {
                stack.push(() -> {
                  throw same;
                });
                throw same;
              }))
          .isSameAs(same);
    });
  }
}
