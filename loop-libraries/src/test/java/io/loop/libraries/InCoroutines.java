package io.loop.libraries;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// What these tests share: a loop, patience, and a look at the threads that are left.
///
/// A body that has not ended after half a minute fails, so that no test hangs.
abstract class InCoroutines {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration MILLI = Duration.ofMillis(1);

  /// Threads that a library keeps for the process; no test can end them.
  private static final Set<String> KEPT =
      Set.of(
          "boundedElastic-evictor", // Reactor
          "parallel", // Reactor
          "globalEventExecutor", // Netty
          "threadDeathWatcher", // Netty
          "grpc-", // gRPC's shared executors: idle for a second
          "ForkJoinPool",
          "CompletableFuture", // CompletableFuture.orTimeout
          "PostgreSQL-JDBC-Cleaner",
          "Cleaner-",
          "Common-Cleaner",
          "process reaper",
          "Attach Listener",
          "vertx-blocked-thread-checker",
          "junit-", // JUnit's limits
          "VirtualThread-", // the JDK's own
          "MasterPoller", // the JDK's own
          "Read-Poller",
          "Write-Poller",
          "loop-hold-ups", // ours
          "loop-rescue"); // ours

  private static Set<Thread> before = Set.of();

  @BeforeAll
  static void noteThreads() {
    before = threads();
  }

  /// What a test has started it ends: clients, servers, pools, loops.
  @AfterAll
  static void noThreadIsLeft() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!left().isEmpty()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("threads are left: " + left());
      }
      Thread.sleep(MILLI);
    }
  }

  private static Set<Thread> left() {
    return threads().stream()
        .filter(thread -> !before.contains(thread))
        .filter(thread -> KEPT.stream().noneMatch(thread.getName()::startsWith))
        .collect(Collectors.toSet());
  }

  private static Set<Thread> threads() {
    return Set.copyOf(Thread.getAllStackTraces().keySet());
  }

  /// Runs a body as the main task of a loop.
  static void run(Coro.Action body) {
    Asyncio.run(
        () -> {
          Asyncio.timeout(PATIENCE, body);
          return true;
        },
        Runner.Options.DEFAULT.withoutSignals());
  }

  /// Waits until something holds; the loop goes on meanwhile.
  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Asyncio.sleep(MILLI);
    }
  }

  /// Lets the loop do all it has to do a few times: enough for what must not happen to happen.
  static void turns() {
    for (int i = 0; i < 20; i++) {
      Asyncio.sleep(MILLI);
    }
  }

  /// {@return the outcome of a future, on a thread without a loop}
  static <T extends @Nullable Object> T get(Future<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }
}
