package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Coroutines that start threads in masses, while their loop starts and ends coroutines in masses.
///
/// The JDK keeps all threads in a map that locks while one is added or removed.
final class ThreadStressTest extends OnNetty {

  private static final int VIRTUAL = 50;
  private static final int PLATFORM = 5;
  private static final int TASKS = 200;

  static Stream<LoopKind> kinds() {
    return LoopKind.all();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void threads_startedByCoroutinesCallbacksAndHandlers_allRun(LoopKind kind) {
    var started = new AtomicInteger();
    var ran = new AtomicInteger();
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        for (int i = 0; i < 2; i++) {
          stress.coroutine(() -> startThreads(started, ran));
          stress.coroutine(() -> startTasks(started, ran));
        }
        stress.callback(() -> startThreads(started, ran));
        stress.handler(kind, loops, () -> startThreads(started, ran));
        stress.thread(() -> startThreads(started, ran));
        stress.finish();
      });
    }

    assertThat(ran.get()).isEqualTo(started.get());
  }

  /// Starts threads and waits for their end, which blocks the caller.
  private static void startThreads(AtomicInteger started, AtomicInteger ran)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < VIRTUAL; i++) {
      threads.add(Thread.ofVirtual().unstarted(ran::incrementAndGet));
    }
    for (int i = 0; i < PLATFORM; i++) {
      threads.add(Thread.ofPlatform().daemon().unstarted(ran::incrementAndGet));
    }
    started.addAndGet(threads.size());
    for (Thread thread : threads) {
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void startTasks(AtomicInteger started, AtomicInteger ran) {
    List<Task<@Nullable Void>> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(
          Asyncio.createTask(() -> {
            Asyncio.sleep(Duration.ZERO);
            ran.incrementAndGet();
          }));
    }
    started.addAndGet(tasks.size());
    tasks.forEach(Task::await);
  }
}
