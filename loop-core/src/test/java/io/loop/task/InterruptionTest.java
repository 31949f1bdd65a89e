package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.RaceResult;
import io.loop.scope.TaskGroup;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What becomes of an interruption that libraries wrap, put back or swallow.
class InterruptionTest extends InterruptionFixture {

  /// How libraries let an interruption out.
  enum Library {
    LETS_IT_OUT {
      @Override
      void leave(InterruptedException interruption) throws Exception {
        throw interruption;
      }
    },
    WRAPS {
      @Override
      void leave(InterruptedException interruption) {
        throw new IllegalStateException(interruption);
      }
    },
    WRAPS_TWICE {
      @Override
      void leave(InterruptedException interruption) {
        throw new CompletionException(new ExecutionException(interruption));
      }
    },
    WRAPS_IN_AN_ERROR {
      @Override
      void leave(InterruptedException interruption) {
        throw new AssertionError(interruption);
      }
    },
    WRAPS_AND_PUTS_THE_FLAG_BACK {
      @Override
      void leave(InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interruption);
      }
    },
    PUTS_THE_FLAG_BACK {
      @Override
      void leave(InterruptedException interruption) throws Exception {
        Thread.currentThread().interrupt();
        throw new IOException("no connection to be had");
      }
    },
    INTERRUPTED_IO {
      @Override
      void leave(InterruptedException interruption) {
        throw new UncheckedIOException(new InterruptedIOException());
      }
    },
    CLOSED_BY_INTERRUPT {
      @Override
      void leave(InterruptedException interruption) {
        throw new UncheckedIOException(new ClosedByInterruptException());
      }
    },
    CAUSES_IN_A_RING {
      @Override
      void leave(InterruptedException interruption) {
        var outer = new IllegalStateException(interruption);
        interruption.initCause(outer);
        throw outer;
      }
    };

    abstract void leave(InterruptedException interruption) throws Exception;

    void callForever() throws Exception {
      try {
        Thread.sleep(Duration.ofDays(1));
      } catch (InterruptedException interruption) {
        leave(interruption);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void timeout_aroundTheLibrary_isATimeout(Library library) {
    manual.run(() -> {
      assertThatThrownBy(() -> Asyncio.timeout(SOON, library::callForever))
          .isInstanceOf(TimeoutException.class)
          .hasCauseInstanceOf(CancelledError.class);

      assertNothingIsLeft();
    });
  }

  @ParameterizedTest
  @EnumSource
  void timeout_aroundAnotherScope_isATimeout(Library library) {
    manual.run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  SOON,
                  () ->
                      TaskGroup.run(
                          _ -> Asyncio.timeout(Duration.ofDays(1), library::callForever))))
          .isInstanceOf(TimeoutException.class);

      assertNothingIsLeft();
    });
  }

  @ParameterizedTest
  @EnumSource
  void cancel_ofATaskInTheLibrary_endsItCancelled(Library library) {
    manual.run(() -> {
      Task<Void> task = createTask(library::callForever);
      sleep(SOON);

      task.cancel("enough");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("enough");
      assertThat(task.isCancelled()).isTrue();
    });
  }

  @ParameterizedTest
  @EnumSource
  void group_childOrBodyInTheLibrary_reportsWhatFailedOnly(Library library) {
    var fault = new IllegalArgumentException("sibling");

    manual.run(() -> {
      assertThatThrownBy(() ->
              TaskGroup.run(group -> {
                group.createTask(library::callForever);
                group.createTask(() -> {
                  sleep(SOON);
                  throw fault;
                });
                library.callForever();
              }))
          .isInstanceOfSatisfying(
              ExceptionGroup.class, group -> assertThat(group.exceptions()).containsExactly(fault));

      assertNothingIsLeft();
    });
  }

  @ParameterizedTest
  @EnumSource
  void groupCancel_bodyInTheLibrary_endsWithoutAnError(Library library) {
    manual.run(() -> {
      TaskGroup.run(group -> {
        group.createTask(() -> {
          sleep(SOON);
          group.cancel();
        });
        library.callForever();
      });

      assertNothingIsLeft();
    });
  }

  @ParameterizedTest
  @EnumSource
  void staggeredRace_loserInTheLibrary_isCancelled(Library library) {
    manual.run(() -> {
      List<Coro<String>> bodies =
          List.of(
              () -> {
                library.callForever();
                return "never";
              },
              () -> {
                sleep(SOON);
                return "winner";
              });

      RaceResult<String> result = Asyncio.staggeredRace(bodies, Duration.ofMillis(1));

      assertThat(result.value()).isEqualTo("winner");
      assertThat(result.exceptions().getFirst()).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void timeout_aroundAPipeThatIsInterrupted_isATimeout() {
    manual.run(() -> {
      Pipe pipe = Pipe.open();
      try (var sink = pipe.sink();
          var source = pipe.source()) {
        assertThat(sink.isOpen()).isTrue();
        assertThatThrownBy(() -> Asyncio.timeout(SOON, () -> read(source)))
            .isInstanceOf(TimeoutException.class)
            .hasRootCauseInstanceOf(ClosedByInterruptException.class);
      }

      assertNothingIsLeft();
    });
  }

  private static int read(Pipe.SourceChannel source) {
    try {
      return source.read(ByteBuffer.allocate(1));
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  @ParameterizedTest
  @EnumSource
  void interruption_nobodyCancelled_isAFailure(Library library) {
    manual.run(() -> {
      var blocked = new CompletableFuture<Thread>();
      Task<Void> task =
          createTask(() -> {
            blocked.complete(Thread.currentThread());
            library.callForever();
          });
      sleep(SOON);
      blocked.join().interrupt();

      assertThatThrownBy(task::await).isNotInstanceOf(CancelledError.class);
      assertThat(task.isCancelled()).isFalse();
    });
  }
}
