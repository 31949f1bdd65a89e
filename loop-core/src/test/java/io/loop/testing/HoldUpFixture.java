package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.watchdog.HoldUpLimit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A short limit of how long a loop may stand still, the reports that it leads to, and ways to hold
/// a loop up.
abstract class HoldUpFixture {

  protected static final Duration LIMIT = Duration.ofMillis(25);
  static final String REPORT = "An event loop is held up";
  static final Duration PATIENCE = Duration.ofSeconds(30);

  HoldUpLimit limit;
  CapturedLog log;

  /// Runs a body as a task of a new loop of the kind that is tested, to its end.
  protected abstract void run(Coro.Action main);

  /// {@return the advice where a task that needs the loop holds the lock}
  protected String mend() {
    return "Release the lock before awaiting";
  }

  @BeforeEach
  void begin() {
    log = new CapturedLog("io.loop");
    limit = new HoldUpLimit(LIMIT);
  }

  @AfterEach
  void end() {
    limit.close(); // the last line must not come into another test
    log.close();
  }

  static Stream<Lock> locks() {
    return Stream.of(
        new ReentrantLock(), new ReentrantLock(true), new ReentrantReadWriteLock().writeLock());
  }

  static LockKind[] monitors() {
    return Stream.of(LockKind.all())
        .filter(kind -> List.of("monitor", "ConcurrentHashMap.compute").contains(kind.name()))
        .toArray(LockKind[]::new);
  }

  void holdUpUntilReported(Runnable blocks, CountDownLatch letGo) {
    run(() -> {
      Loop.running().callSoon(new NamedCallback(blocks));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            letGo.countDown();
          });
      sleep(Duration.ofMillis(1));
      join(observer);
    });
  }

  protected static Task<Void> named(String name, Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.named(name));
  }

  /// {@return the reports, when there are so many}
  protected final List<String> reports(int count) {
    return messages(REPORT, count);
  }

  List<String> ends(int count) {
    return messages("An event loop that was held up continues", count);
  }

  List<String> messages(String begin, int count) {
    var found = new AtomicReference<List<String>>(List.of());
    awaitThat(() -> {
      found.set(log.messages().stream().filter(text -> text.startsWith(begin)).toList());
      return found.get().size() >= count;
    });
    return found.get();
  }

  static void awaitThat(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("nanoseconds too late").isNegative();
      Thread.onSpinWait();
      LockSupport.parkNanos(1_000_000);
    }
  }

  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(Duration.ofMillis(1));
    }
  }

  static void within(Lock lock) {
    lock.lock();
    try {
      Thread.onSpinWait();
    } finally {
      lock.unlock();
    }
  }

  static void lockInterruptibly(Lock lock) {
    try {
      lock.lockInterruptibly();
      try {
        Thread.onSpinWait();
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException expected) {
      // the test takes it back
    }
  }

  protected static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /// A callback that has a name, and tells which thread runs it.
  static final class NamedCallback implements Callback {
    private final Runnable work;
    private final CompletableFuture<Thread> thread = new CompletableFuture<>();

    NamedCallback(Runnable work) {
      this.work = work;
    }

    @Override
    public void run() {
      thread.complete(Thread.currentThread());
      work.run();
    }

    Thread thread() {
      return thread.join();
    }

    @Override
    public String toString() {
      return "the callback of the test";
    }
  }
}
