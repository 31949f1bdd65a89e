package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.Asyncio;
import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.coroutine.Coroutine;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What coroutines must be able to do on every loop, on both carriers.
///
/// A test class for a kind of loop extends this and [LoopContract], and says how to make one.
///
/// One long class, so that a kind of loop has one thing to extend.
public abstract class CoroutineContract {

  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private static final Duration TICK = Duration.ZERO;
  private static final Duration MILLI = Duration.ofMillis(1);

  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private Loop loop;

  /// {@return a new loop, open and not running; the contract closes it}
  ///
  /// When it has nothing to do it must wait for other threads, for some seconds at least.
  protected abstract Loop newLoop();

  @BeforeEach
  void openLoop() {
    loop = newLoop();
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private void run(Coro.Action main) {
    Asyncio.runUntilComplete(loop, Coro.of(main));
  }

  /// Runs what is ready, and what that makes ready in the tick after.
  private void runTwoTicks() {
    loop.callSoon(() -> loop.callSoon(loop::stop));
    loop.runForever();
  }

  private Runnable logging(String text) {
    return () -> log.add(text);
  }

  /// Waits, in the coroutine that calls it, until a condition holds; the loop runs on meanwhile.
  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(TICK);
    }
  }

  @Test
  void task_setsAVariable_keepsItOverSuspensionsAndToItself() {
    run(() -> {
      Task<Void> child =
          createTask(() -> {
            COLOR.set("red");
            sleep(TICK);
            log.add("child " + COLOR.get());
          });
      sleep(TICK);
      log.add("parent " + COLOR.get());
      child.await();
    });

    assertThat(log).containsExactlyInAnyOrder("child red", "parent none");
  }

  @Test
  void task_blockedInAJdkCall_keepsItsContext() {
    run(() -> {
      COLOR.set("red");
      letOthersRunMeanwhile(() -> COLOR.set("blue"));
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("red");
  }

  @Test
  void contextRun_overASuspension_keepsItsContextInside() {
    Context inner = Context.copyCurrent();

    run(() -> {
      COLOR.set("outer");
      inner.run(() -> {
        COLOR.set("inner");
        sleep(TICK);
        log.add(COLOR.get());
      });
      log.add(COLOR.get());
      sleep(TICK);
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("inner", "outer", "outer");
    assertThat(reports).isEmpty();
  }

  @Test
  void contextRun_overABlockingCall_keepsItsContextInside() {
    Context inner = Context.copyCurrent();

    run(() -> {
      inner.run(() -> {
        COLOR.set("inner");
        letOthersRunMeanwhile(() -> {});
        log.add(COLOR.get());
      });
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("inner", "none");
    assertThat(reports).isEmpty();
  }

  /// Blocks the calling coroutine in a JDK call until an action has run as a callback.
  private void letOthersRunMeanwhile(Runnable action) {
    var released = new CountDownLatch(1);
    loop.callSoon(action::run);
    loop.callSoon(() -> loop.callSoon(released::countDown));
    try {
      released.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

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
  void threadSleep_inACoroutine_leavesTheLoopToTheOthers() {
    run(() -> {
      var othersRan = new AtomicBoolean();
      Task<Void> sleeper =
          createTask(() -> {
            do { // in one piece it would have to be longer than any pause of the machine
              Thread.sleep(5);
            } while (!othersRan.get());
            log.add("slept");
          });
      for (int i = 0; i < 3; i++) {
        sleep(TICK);
      }
      log.add("others");
      othersRan.set(true);
      sleeper.await();
    });

    assertThat(log).containsExactly("others", "slept");
  }

  @Test
  void latch_inACoroutine_isReleasedByAnother() {
    run(() -> {
      letOthersRunMeanwhile(logging("callback"));
      log.add("coroutine");
      sleep(TICK);
      log.add("awaits again");
    });

    assertThat(log).containsExactly("callback", "coroutine", "awaits again");
  }

  @Test
  @Tag("slow")
  void blockedCoroutines_comingBackAtAnyTime_settleTheirFuturesInTurn() {
    var random = new Random(7);
    int pairs = 20;
    int rounds = Coroutine.isPortable() ? 15 : 50; // there the loop waits for each that blocks
    List<Task<?>> tasks = new ArrayList<>();

    run(() -> {
      for (int i = 0; i < pairs; i++) {
        List<LoopFuture<Integer>> futures = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
          futures.add(new LoopFuture<>());
        }
        int micros = 1 + random.nextInt(3_000);
        tasks.add(
            createTask(() -> {
              for (LoopFuture<Integer> future : futures) {
                Thread.sleep(Duration.ofNanos(micros * 1_000L));
                future.setResult(micros);
              }
            }));
        tasks.add(
            createTask(() -> {
              for (LoopFuture<Integer> future : futures) {
                assertThat(future.await()).isEqualTo(micros);
              }
            }));
      }
      gather(tasks).await();
    });

    assertThat(tasks).hasSize(2 * pairs).allMatch(Task::isDone);
    assertThat(reports).isEmpty();
  }

  @Test
  void reentrantLock_heldOverAnAwait_keepsAnotherCoroutineOut() {
    var lock = new ReentrantLock();

    run(() -> gather(locking("a", lock), locking("b", lock)).await());

    assertThat(log).containsExactly("a in", "a out", "b in", "b out");
  }

  private Coro<Void> locking(String name, ReentrantLock lock) {
    return Coro.of(() -> {
      lock.lock();
      try {
        log.add(name + " in");
        sleep(TICK);
        sleep(MILLI);
        log.add(name + " out");
      } finally {
        lock.unlock();
      }
    });
  }

  @Test
  void synchronized_heldOverAnAwait_keepsAnotherCoroutineOut() {
    var monitor = new Object();

    run(() -> gather(synchronizing("a", monitor), synchronizing("b", monitor)).await());

    assertThat(log).containsExactly("a in", "a out", "b in", "b out");
  }

  private Coro<Void> synchronizing(String name, Object monitor) {
    return Coro.of(() -> {
      synchronized (monitor) {
        log.add(name + " in");
        sleep(TICK);
        sleep(MILLI);
        log.add(name + " out");
      }
    });
  }

  @Test
  @SuppressWarnings("LockNotBeforeTry") // held on purpose until others queue for it
  void reentrantLock_heldByAForeignThread_isWaitedForWhileTheLoopRunsOn() {
    var lock = new ReentrantLock();
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    CompletableFuture<Void> holder =
        start(() -> {
          lock.lock();
          held.countDown();
          release.await();
          log.add("released");
          lock.unlock();
        });

    run(() -> {
      held.await();
      Task<Void> waiter = createTask(locking("coroutine", lock));
      until(lock::hasQueuedThreads);
      release.countDown();
      waiter.await();
    });

    join(holder);
    assertThat(log).containsExactly("released", "coroutine in", "coroutine out");
  }

  @Test
  void synchronized_heldByAForeignThread_isWaitedForWhileTheLoopRunsOn() {
    var monitor = new Object();
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    CompletableFuture<Void> holder =
        start(() -> {
          synchronized (monitor) {
            held.countDown();
            release.await();
            log.add("released");
          }
        });

    run(() -> {
      held.await();
      var thread = new AtomicReference<Thread>();
      Coro<Void> body = synchronizing("coroutine", monitor);
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            return body.run();
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));
      release.countDown();
      waiter.await();
    });

    join(holder);
    assertThat(log).containsExactly("released", "coroutine in", "coroutine out");
  }

  @Test
  void socketRead_inACoroutine_leavesTheLoopToTheOthers() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var near = new Socket(server.getInetAddress(), server.getLocalPort());
        var far = server.accept()) {
      InputStream in = near.getInputStream();

      run(() -> {
        Task<Integer> reader = createTask(() -> in.read());
        for (int i = 0; i < 3; i++) {
          sleep(TICK);
        }
        log.add("others");
        far.getOutputStream().write(42);
        log.add("read " + reader.await());
      });
    }

    assertThat(log).containsExactly("others", "read 42");
  }

  private static final ScopedValue<String> SCOPED = ScopedValue.newInstance();
  private static final ThreadLocal<String> LOCAL = ThreadLocal.withInitial(() -> "unset");

  @Test
  void scopedValue_boundInOneCoroutine_isUnboundInAnother() {
    run(() ->
        gather(
                () ->
                    ScopedValue.where(SCOPED, "mine")
                        .call(() -> {
                          sleep(TICK);
                          sleep(TICK);
                          return log.add(SCOPED.get());
                        }),
                () -> {
                  sleep(TICK);
                  return log.add("bound " + SCOPED.isBound());
                })
            .await());

    assertThat(log).containsExactly("bound false", "mine");
  }

  @Test
  void threadLocal_setInOneCoroutine_isUnsetElsewhere() {
    run(() -> {
      Task<Void> child =
          createTask(() -> {
            LOCAL.set("mine");
            sleep(TICK);
            sleep(TICK);
            log.add(LOCAL.get());
          });
      sleep(TICK);
      log.add(LOCAL.get());
      loop.callSoon(() -> log.add(LOCAL.get()));
      child.await();
    });

    assertThat(log).containsExactlyInAnyOrder("unset", "unset", "mine");
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
  @SuppressWarnings("ThreadPriorityCheck") // what a body might do
  void threadYield_inACoroutine_comesBack() {
    run(() -> {
      for (int i = 0; i < 100; i++) {
        Thread.yield();
      }
      sleep(TICK);
      Thread.yield();
      log.add("back");
    });

    assertThat(log).containsExactly("back");
  }

  @Test
  void unpark_ofASuspendedCoroutine_doesNotWakeIt() {
    run(() -> {
      var future = new LoopFuture<String>();
      var thread = new AtomicReference<Thread>();
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            log.add(future.await());
            sleep(TICK);
            log.add("slept");
          });
      until(() -> thread.get() != null);
      LockSupport.unpark(thread.get());
      onThread(() -> LockSupport.unpark(thread.get()));
      sleep(TICK);
      sleep(MILLI);
      log.add("still waits");
      future.setResult("value");
      waiter.await();
    });

    assertThat(log).containsExactly("still waits", "value", "slept");
  }

  @Test
  void interrupt_ofASuspendedCoroutine_isSeenByItsNextBlockingCallOnly() {
    run(() -> {
      var future = new LoopFuture<String>();
      var thread = new AtomicReference<Thread>();
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            log.add(future.await());
            sleep(TICK);
            assertThatThrownBy(() -> Thread.sleep(1)).isInstanceOf(InterruptedException.class);
            Thread.sleep(1);
            log.add("slept");
          });
      until(() -> thread.get() != null);
      thread.get().interrupt();
      sleep(TICK);
      sleep(MILLI);
      log.add("still waits");
      future.setResult("value");
      waiter.await();
    });

    assertThat(log).containsExactly("still waits", "value", "slept");
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

  @Test
  void cancel_ofATaskInThreadSleep_interruptsItAndItEndsCancelled() {
    run(() -> {
      var thread = new AtomicReference<Thread>();
      Task<Void> sleeper =
          createTask(() -> {
            thread.set(Thread.currentThread());
            Thread.sleep(60_000);
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));

      boolean requested = sleeper.cancel("enough");

      assertThat(requested).isTrue();
      assertThatThrownBy(sleeper::await).isInstanceOf(CancelledError.class).hasMessage("enough");
      assertThat(sleeper.isCancelled()).isTrue();
    });
  }

  @Test
  void cancel_ofATaskInASocketRead_endsItCancelled() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var near = new Socket(server.getInetAddress(), server.getLocalPort())) {
      InputStream in = near.getInputStream();

      run(() -> {
        var thread = new AtomicReference<Thread>();
        Task<Integer> reader =
            createTask(() -> {
              thread.set(Thread.currentThread());
              return in.read();
            });
        until(() -> thread.get() != null && isWaiting(thread.get()));

        reader.cancel("enough");

        assertThatThrownBy(reader::await)
            .isInstanceOf(CancelledError.class)
            .hasMessage("enough")
            .hasCauseInstanceOf(IOException.class);
      });
    }
  }

  @Test
  @SuppressWarnings("LockNotBeforeTry") // held on purpose until others queue for it
  void cancel_ofATaskWaitingForALock_isDeliveredAtItsNextAwait() {
    var lock = new ReentrantLock();

    run(() -> {
      lock.lock();
      Task<Void> waiter =
          createTask(() -> {
            lock.lock();
            try {
              log.add("locked");
              sleep(MILLI);
              log.add("not reached");
            } finally {
              log.add("interrupted " + Thread.currentThread().isInterrupted());
              lock.unlock();
            }
          });
      until(lock::hasQueuedThreads);
      waiter.cancel();
      sleep(TICK);
      lock.unlock();
      assertThatThrownBy(waiter::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("locked", "interrupted false");
  }

  @Test
  void cancel_ofABlockedTaskThatDeclines_givesItsResultElse() {
    run(() -> {
      var thread = new AtomicReference<Thread>();
      Task<String> stubborn =
          createTask(() -> {
            thread.set(Thread.currentThread());
            try {
              Thread.sleep(60_000);
            } catch (InterruptedException declined) {
              Task.current().uncancel();
            }
            sleep(TICK);
            return "declined";
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));

      stubborn.cancel();

      assertThat(stubborn.await()).isEqualTo("declined");
    });
  }

  /// As [#until]; for conditions that need time, which a virtual clock has none of while work is
  /// ready.
  private static void untilInTime(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(MILLI);
    }
  }

  /// An uninterruptible call that ends well, once a condition holds, and puts the flag back then.
  private static String joinUntil(BooleanSupplier condition) {
    var later = new CompletableFuture<String>();
    Task<Void> _ =
        createTask(() -> {
          untilInTime(condition);
          later.complete("done");
        });
    return later.join();
  }

  /// Neither a request nor an interrupt is left.
  private static void assertNotCancelled() throws InterruptedException {
    Thread.sleep(1);
    sleep(MILLI);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void timeout_bodyInAJoinThatEndsWell_takesItsInterruptBack() {
    run(() -> {
      String result =
          Asyncio.timeout(Duration.ofMillis(5), timeout -> joinUntil(timeout::isExpired));

      assertThat(result).isEqualTo("done");
      assertNotCancelled();
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void timeout_inTheCleanUpOfACancelledTask_takesItsInterruptBack() {
    run(() -> {
      Task<String> task =
          createTask(() -> {
            try {
              new LoopFuture<Void>().await();
              return "not cancelled";
            } catch (CancelledError cancelled) {
              String result =
                  Asyncio.timeout(Duration.ofMillis(5), timeout -> joinUntil(timeout::isExpired));
              assertNotCancelled();
              return result;
            }
          });
      sleep(TICK);
      task.cancel();

      assertThat(task.await()).isEqualTo("done");
    });
  }

  @Test
  void group_childFailsWhileTheBodyIsInAJoin_takesItsInterruptBack() {
    run(() -> {
      Task<?> parent = Task.current();
      assertThatThrownBy(() ->
              TaskGroup.run(group -> {
                group.createTask(() -> {
                  throw new IllegalArgumentException("child");
                });
                log.add(joinUntil(() -> parent.cancelling() > 0));
              }))
          .isInstanceOf(ExceptionGroup.class);

      assertNotCancelled();
      assertThat(parent.cancelling()).isZero();
    });

    assertThat(log).containsExactly("done");
  }

  @Test
  void groupCancel_whileTheBodyIsInAJoin_takesItsInterruptBack() {
    run(() -> {
      Task<?> parent = Task.current();
      String result =
          TaskGroup.call(group -> {
            loop.callSoon(group::cancel);
            return joinUntil(() -> parent.cancelling() > 0);
          });

      assertThat(result).isEqualTo("done");
      assertNotCancelled();
      assertThat(parent.cancelling()).isZero();
    });
  }

  @Test
  void uncancel_afterAJoin_takesTheInterruptBack() {
    run(() -> {
      Task<?> task = Task.current();
      loop.callSoon(() -> task.cancel());
      joinUntil(() -> task.cancelling() > 0);

      assertThat(task.uncancel()).isZero();

      assertNotCancelled();
    });
  }

  @Test
  void timeout_anotherRequestDuringTheCall_staysWithItsInterrupt() {
    run(() -> {
      Task<Void> task =
          createTask(() -> {
            Task<?> self = Task.current();
            Asyncio.timeout(
                Duration.ofMillis(5),
                timeout -> joinUntil(() -> timeout.isExpired() && self.cancelling() == 2));
            log.add("left the scope");
            Thread.sleep(Duration.ofDays(1)); // ends at once
          });
      untilInTime(() -> task.cancelling() == 1); // the time was up
      task.cancel("mine");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("mine");
    });

    assertThat(log).containsExactly("left the scope");
  }

  @Test
  void timeout_bodyWrapsTheInterruption_isATimeout() {
    run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  Duration.ofMillis(5),
                  () -> {
                    try {
                      Thread.sleep(Duration.ofDays(1));
                    } catch (InterruptedException interruption) {
                      Thread.currentThread().interrupt();
                      throw new IllegalStateException(new IOException(interruption));
                    }
                  }))
          .isInstanceOf(TimeoutException.class);

      assertNotCancelled();
    });
  }

  @Test
  void interrupt_ofTheUsersOwn_isNotTakenBack() {
    run(() -> {
      Thread self = Thread.currentThread();
      Task<?> task = Task.current();
      TaskGroup.run(_ -> {
        var interrupted = new AtomicBoolean();
        loop.callSoon(() -> {
          self.interrupt();
          interrupted.set(true);
        });
        joinUntil(interrupted::get); // join takes the flag off, and puts it back
      });
      assertThat(Thread.interrupted()).isTrue();

      loop.callSoon(() -> task.cancel());
      joinUntil(() -> task.cancelling() > 0);
      task.uncancel();
      self.interrupt();
      sleep(MILLI);

      assertThat(Thread.interrupted()).isTrue();
    });
  }

  @Test
  void interrupt_ofTheUsersOwnBeforeTheCancellation_isNotTakenBack() {
    var monitor = new Object();
    var held = new CompletableFuture<Void>();
    var release = new CompletableFuture<Void>();
    CompletableFuture<Void> holder =
        start(() -> {
          synchronized (monitor) {
            held.complete(null);
            release.join();
          }
        });
    held.join();

    run(() -> {
      Task<Boolean> task =
          createTask(() -> {
            Thread.currentThread().interrupt();
            synchronized (monitor) { // does not look at the flag
              log.add("entered");
            }
            Task.current().uncancel();
            return Thread.interrupted();
          });
      sleep(TICK);
      task.cancel();
      release.complete(null);

      assertThat(task.await()).isTrue();
    });

    join(holder);
  }

  @Test
  void close_suspendedCoroutine_runsItsFinallyOnce() {
    loop.callSoon(() ->
        createTask(() -> {
          try {
            new LoopFuture<Void>().await();
          } finally {
            log.add("finally");
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(log).containsExactly("finally");
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
  }

  @Test
  void close_coroutineThatAwaitsInFinally_runsItsCleanUpToTheEnd() {
    loop.callSoon(() ->
        createTask(() -> {
          try {
            new LoopFuture<Void>().await();
          } finally {
            try {
              sleep(MILLI);
            } finally {
              log.add("finally");
            }
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(log).containsExactly("finally");
  }

  @Test
  void close_coroutineThatNeverGivesUp_returns() {
    loop.callSoon(() ->
        createTask(() -> {
          while (true) {
            try {
              sleep(Duration.ofDays(1));
            } catch (CancelledError declined) {
              log.add("declined");
            }
          }
        }));
    runTwoTicks();
    runTwoTicks();

    loop.close();

    assertThat(loop.isClosed()).isTrue();
    assertThat(log).isNotEmpty();
  }

  @Test
  void close_taskThatHasNotStarted_neverStarts() {
    Task.create(loop, Coro.of(() -> log.add("ran")), TaskOptions.named("late"));

    loop.close();

    assertThat(log).isEmpty();
    assertThat(reports).hasSize(1);
  }

  @Test
  void close_bodyInABlockingCall_runsToItsEnd() {
    var lock = new ReentrantLock();
    run(() -> {
      var blocked = new AtomicReference<Thread>();
      Task<Void> _ =
          createTask(() -> {
            lock.lock();
            blocked.set(Thread.currentThread());
            try {
              Thread.sleep(Duration.ofDays(1));
            } finally {
              Thread.sleep(1); // blocks once more
              lock.unlock();
              log.add("unlocked");
            }
          });
      until(() -> blocked.get() != null && isWaiting(blocked.get()));
    });

    loop.close();

    assertThat(log).containsExactly("unlocked");
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void close_bodyInABlockingCall_endsAsCancelled() {
    var made = new AtomicReference<Task<Void>>();
    run(() -> {
      var blocked = new AtomicReference<Thread>();
      made.set(
          createTask(() -> {
            blocked.set(Thread.currentThread());
            Thread.sleep(Duration.ofDays(1));
          }));
      until(() -> blocked.get() != null && isWaiting(blocked.get()));
    });

    loop.close();

    assertThat(made.get().isCancelled()).isTrue();
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
  }

  /// A body that starts eagerly is mounted while its maker holds a monitor: see decision D27.
  @Test
  void eagerTask_madeByACallbackThatHoldsAMonitor_leavesItTheCallbacks() {
    var monitor = new Object();

    run(() -> {
      loop.callSoon(() -> {
        synchronized (monitor) {
          Task<Void> _ =
              Task.create(
                  loop,
                  Coro.of(() -> {
                    log.add("body");
                    Thread.sleep(1);
                    sleep(TICK);
                  }),
                  TaskOptions.DEFAULT.withEagerStart());
          log.add(Thread.holdsLock(monitor) ? "held" : "lost");
        }
        log.add(Thread.holdsLock(monitor) ? "left behind" : "free");
      });
      until(() -> log.contains("free") || log.contains("left behind"));
    });

    assertThat(log).containsExactly("body", "held", "free");
    onThread(() -> {
      synchronized (monitor) {
        log.add("another thread's");
      }
    });
  }
}
