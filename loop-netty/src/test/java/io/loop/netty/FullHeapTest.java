package io.loop.netty;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Another thread fills the heap to the last byte, again and again. The loop continues each time
/// that there is memory again: no callback, timer, task or blocking call is lost.
///
/// On the loop carrier only: see [HeapExhaustionTest].
@Tag("slow")
class FullHeapTest {

  private static final int ROUNDS = 8;
  private static final int PATIENCE_SECONDS = 60; // without a new line in its log

  /// The loop, in a JVM of its own.
  static final class Busy {

    private static final int TASKS_OF_A_KIND = 5;
    private static final int STEPS = 10;
    private static final int FULL_MILLIS = 10;
    private static final int LARGEST = 1 << 20;
    private static final int SMALLEST = 16;
    private static final Duration PAUSE = Duration.ofMillis(1);

    private enum Kind {
      AWAIT,
      BLOCKING_SLEEP,
      LOCK,
      MONITOR,
      TASK,
      CALLBACK
    }

    @FunctionalInterface
    private interface Step {
      void run() throws Exception;
    }

    private static final Map<Kind, AtomicLong> STEPS_OF = counters();

    @SuppressWarnings("UnusedVariable") // it keeps the memory
    private static volatile @Nullable Object held;

    private Busy() {}

    private static Map<Kind, AtomicLong> counters() {
      var counters = new EnumMap<Kind, AtomicLong>(Kind.class);
      for (Kind kind : Kind.values()) {
        counters.put(kind, new AtomicLong());
      }
      return Map.copyOf(counters);
    }

    private static AtomicLong stepsOf(Kind kind) {
      return Objects.requireNonNull(STEPS_OF.get(kind));
    }

    public static void main(String... arguments) {
      Transport transport = Transport.valueOf(arguments[0]);
      Asyncio.run(
          Busy::run,
          Runner.Options.DEFAULT
              .withoutSignals()
              .withLoopFactory(() -> NettyLoop.create(transport)));
    }

    private static void run() throws Exception {
      Loop loop = Loop.running();
      loop.setExceptionHandler((_, _) -> {});
      var lock = new ReentrantLock();
      var monitor = new Object();
      for (int i = 0; i < TASKS_OF_A_KIND; i++) {
        repeat(Kind.AWAIT, () -> sleep(PAUSE));
        repeat(Kind.BLOCKING_SLEEP, () -> Thread.sleep(PAUSE));
        repeat(Kind.LOCK, () -> sleepWith(lock));
        repeat(Kind.MONITOR, () -> waitAt(monitor));
        repeat(Kind.TASK, () -> createTask(() -> {}).await());
      }
      callAgain(loop);
      Thread.ofPlatform().daemon().start(Busy::fillAgainAndAgain);
      forever(() -> new LoopFuture<@Nullable Void>().await());
    }

    private static void repeat(Kind kind, Step step) {
      var _ =
          createTask(() ->
              forever(() -> {
                step.run();
                stepsOf(kind).incrementAndGet();
              }));
    }

    /// A program that survives without memory: it tries again.
    private static void forever(Step step) throws Exception {
      while (true) {
        try {
          step.run();
        } catch (OutOfMemoryError full) {
          // there will be memory again
        }
      }
    }

    private static void sleepWith(ReentrantLock lock) throws InterruptedException {
      lock.lock();
      try {
        Thread.sleep(PAUSE);
      } finally {
        lock.unlock();
      }
    }

    @SuppressWarnings({"WaitNotInLoop", "NarrowLockScope"}) // only the time-out ends it
    private static void waitAt(Object monitor) throws InterruptedException {
      synchronized (monitor) {
        monitor.wait(PAUSE.toMillis());
      }
    }

    private static void callAgain(Loop loop) {
      stepsOf(Kind.CALLBACK).incrementAndGet();
      boolean isSet = false;
      while (!isSet) {
        try {
          var _ = loop.callLater(PAUSE, () -> callAgain(loop));
          isSet = true;
        } catch (OutOfMemoryError full) {
          // as above
        }
      }
    }

    private static void fillAgainAndAgain() {
      try {
        awaitSteps("start"); // it has loaded its classes
        for (int i = 0; i < ROUNDS; i++) {
          fill();
          Thread.sleep(FULL_MILLIS);
          held = null;
          awaitSteps("round " + i);
        }
        System.out.println("alive");
      } catch (InterruptedException cancelled) {
        System.out.println(cancelled);
      }
      Runtime.getRuntime().halt(0);
    }

    private static void fill() {
      Object[] all = null;
      for (int size = LARGEST; size >= SMALLEST; ) {
        try {
          all = new Object[] {all, new byte[size]};
          held = all;
        } catch (OutOfMemoryError full) {
          size /= 2;
        }
      }
    }

    private static void awaitSteps(String when) throws InterruptedException {
      for (Kind kind : Kind.values()) {
        System.out.println(when + ": waiting for " + kind);
        long goal = stepsOf(kind).get() + STEPS;
        while (stepsOf(kind).get() < goal) {
          Thread.sleep(PAUSE);
        }
      }
    }
  }

  static Stream<Transport> loops() {
    return Transport.available().stream()
        .filter(_ -> !Task.isPortable()); // not skipped: that would be a warning in the build
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("loops")
  void loop_heapFilledByAnotherThread_continuesWhenThereIsMemory(
      Transport transport, @TempDir Path directory) throws Exception {
    Path log = directory.resolve("log");
    Process child = start(log, transport.name());
    try {
      awaitEndOrStandstill(child, log);

      assertThat(Files.readAllLines(log)).last().isEqualTo("alive");
    } finally {
      child.destroyForcibly();
    }
  }

  /// Waits for as long as it makes progress: on a busy machine it takes more than a minute.
  private static void awaitEndOrStandstill(Process child, Path log)
      throws IOException, InterruptedException {
    long before = -1;
    long now = 0;
    while (now != before && !child.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      before = now;
      now = Files.size(log);
    }
  }

  private static Process start(Path log, String argument) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", // most often without memory
                "-Xmx32m",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.loop.carrier=loop",
                "-cp",
                System.getProperty("java.class.path"),
                Busy.class.getName(),
                argument));
    return new ProcessBuilder(command)
        .redirectOutput(log.toFile())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
