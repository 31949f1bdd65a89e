package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Where a coroutine may await and what its stack is then, and who may call the loop.
abstract class CoroutineAwaitContract extends LoopFixture {

  @Test
  void sleep_short_isNotHeldUpByALongOneBeforeIt() {
    run(() -> {
      Task<Void> sleeper =
          createTask(() -> {
            sleep(Duration.ofHours(1));
            log.add("long");
          });
      Task<Boolean> other =
          createTask(() -> {
            sleep(Duration.ofMillis(10));
            return log.add("short");
          });
      other.await();
      sleeper.cancel();
    });

    assertThat(log).containsExactly("short");
  }

  @Test
  void await_pendingFuture_givesItsResultLater() {
    run(() -> {
      var future = new LoopFuture<String>();
      loop.callSoon(() -> future.setResult("value"));

      log.add(future.await());
    });

    assertThat(log).containsExactly("value");
  }

  @Test
  void await_betweenTwoCoroutines_alternates() {
    run(() -> gather(steps("a"), steps("b")).await());

    assertThat(log).containsExactly("a0", "b0", "a1", "b1", "a2", "b2");
  }

  private Coro<Void> steps(String name) {
    return Coro.of(() -> {
      for (int i = 0; i < 3; i++) {
        log.add(name + i);
        sleep(TICK);
      }
    });
  }

  @Test
  void stackTrace_ofASuspendedCoroutine_showsWhereItAwaits() {
    run(() -> {
      var forever = new LoopFuture<Void>();
      Task<Void> waiter = createTask(() -> waitsHere(forever));
      sleep(TICK);

      for (StackTraceElement frame : waiter.getStack()) {
        log.add(frame.getMethodName());
      }

      forever.setResult(null);
      waiter.await();
    });

    assertThat(log).contains("await", "waitsHere");
  }

  private static void waitsHere(LoopFuture<Void> future) {
    future.await();
  }

  @Test
  @Tag("slow")
  void stackTrace_takenByAnotherThreadAgainAndAgain_losesNoResume() {
    int rounds = Coroutine.isPortable() ? 1_000 : 20_000;
    var coroutine = new AtomicReference<Thread>();
    var ended = new AtomicBoolean();
    CompletableFuture<Void> walker =
        start(() -> {
          while (!ended.get()) {
            Thread thread = coroutine.get();
            if (thread != null) {
              thread.getStackTrace();
            }
          }
        });

    run(() -> {
      coroutine.set(Thread.currentThread());
      for (int i = 0; i < rounds; i++) {
        sleep(TICK);
      }
      ended.set(true);
    });

    join(walker);
    assertThat(ended).isTrue();
  }

  @Test
  void stackOverflow_inACoroutine_endsThatTaskOnly() {
    run(() -> {
      Task<Integer> deep = createTask(() -> (Integer) recurse(1));
      Task<Boolean> other = createTask(() -> log.add("other"));
      assertThatThrownBy(deep::await).isInstanceOf(StackOverflowError.class);
      other.await();
    });

    assertThat(log).containsExactly("other");
  }

  @SuppressWarnings("InfiniteRecursion") // that is the point
  private static int recurse(int depth) {
    return recurse(depth + 1) + depth;
  }

  @Test
  void await_whereTheStackEnds_worksFurtherUp() throws InterruptedException {
    if (Coroutine.isPortable()) {
      return; // its stacks are not the loop thread's, and as deep as the JDK's scheduler makes them
    }

    runOnAStackOf(
        SMALL_STACK,
        () -> {
          sleep(TICK); // all classes are loaded where there is room
          log.add(awaitAtTheBottom() > 0 ? "awaited" : "");
          sleep(TICK);
          log.add("goes on");
        });

    assertThat(log).containsExactly("awaited", "goes on");
  }

  private static final int SMALL_STACK = 200 << 10;
  private static final int LARGE_STACK = 64 << 20;

  /// Runs a body and closes the loop, on a thread of its own with a stack of so many bytes.
  private void runOnAStackOf(int bytes, Coro.Action main) throws InterruptedException {
    var failure = new AtomicReference<Throwable>();
    var thread =
        new Thread(
            null,
            () -> {
              failure.set(catchThrowable(() -> run(main)));
              loop.close(); // some loops can be closed only where they ran
            },
            "stack of " + bytes,
            bytes);
    thread.start();
    thread.join();
    assertThat(failure.get()).isNull();
  }

  @SuppressWarnings("InfiniteRecursion") // it ends where the stack does
  private static int awaitAtTheBottom() {
    try {
      return awaitAtTheBottom() + 1;
    } catch (StackOverflowError bottom) {
      sleep(TICK);
      return 1;
    }
  }

  /// Interpreted frames are the largest, and suspending copies them by recursion, on the stack that
  /// is left. So there must be room for many times what compiled frames would need.
  @Test
  void await_onADeepStack_works() throws InterruptedException {
    // a portable coroutine is on a stack of the JDK's, which is a mebibyte unless -Xss says
    // otherwise
    int depth = Coroutine.isPortable() ? 1_000 : 5_000;

    runOnAStackOf(LARGE_STACK, () -> log.add("depth " + descend(depth)));

    assertThat(log).containsExactly("depth " + depth);
  }

  private static int descend(int levels) {
    if (levels % 500 == 0) {
      sleep(TICK);
    }
    if (levels == 0) {
      return 0;
    }
    return 1 + descend(levels - 1);
  }

  @Test
  void outOfMemory_inACoroutine_endsThatTaskOnly() {
    var fault = new OutOfMemoryError("none left");

    run(() -> {
      Task<Void> poor =
          createTask(() -> {
            throw fault;
          });
      assertThatThrownBy(poor::await).isSameAs(fault);
      sleep(TICK);
      log.add("goes on");
    });

    assertThat(log).containsExactly("goes on");
  }

  @Test
  void await_inAClassInitializer_worksOrSaysWhyNot() {
    run(() -> {
      try {
        ClassInitializer.run(() -> log.add(sleep(TICK, "awaited")));
      } catch (ExceptionInInitializerError fault) {
        log.add(String.valueOf(fault.getCause().getMessage()));
      }
      sleep(TICK);
      log.add("goes on");
    });

    assertThat(log).hasSize(2).last().isEqualTo("goes on");
    if (Coroutine.isPortable()) {
      assertThat(log.getFirst()).isEqualTo("awaited");
    } else {
      assertThat(log.getFirst()).contains("cannot suspend here").contains("class initializer");
    }
  }

  @Test
  void await_outsideACoroutine_isRefused() {
    var future = new LoopFuture<String>(loop);
    loop.callSoon(() -> log.add(String.valueOf(catchThrowable(future::await).getMessage())));

    runTwoTicks();
    Throwable offLoop = catchThrowable(future::await);

    assertThat(log).singleElement().asString().contains("await outside a coroutine");
    assertThat(offLoop)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("await outside a coroutine");
  }

  @Test
  void await_onAThreadStartedByACoroutine_isRefused() {
    run(() -> {
      var future = new LoopFuture<String>();
      var refused = new AtomicReference<Throwable>();

      Thread.ofVirtual().start(() -> refused.set(catchThrowable(future::await))).join();

      assertThat(refused.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("await outside a coroutine");
    });
  }

  @Test
  void running_onAThreadStartedByACoroutine_isNull() {
    var seen = new AtomicReference<>(loop);

    run(() -> Thread.ofVirtual().start(() -> seen.set(Loop.runningOrNull())).join());

    assertThat(seen.get()).isNull();
  }

  @Test
  void onLoopThread_fromACoroutine_runsThereAndReturnsAtOnce() {
    var callbackThread = new AtomicReference<Thread>();
    var loopThread = new AtomicReference<Thread>();

    run(() -> {
      loop.callSoon(() -> {
        log.add("callback");
        callbackThread.set(Thread.currentThread());
      });
      loopThread.set(Tasks.onLoopThread(Thread::currentThread));
      log.add("coroutine");
      sleep(TICK);
    });

    assertThat(loopThread.get()).isSameAs(callbackThread.get());
    assertThat(log).containsExactly("coroutine", "callback");
  }

  @Test
  void onLoopThread_thatThrows_throwsTheSameInTheCoroutine() {
    var fault = new IllegalArgumentException("bad");

    run(() ->
        assertThatThrownBy(() ->
                Tasks.onLoopThread(() -> {
                  throw fault;
                }))
            .isSameAs(fault));
  }
}
