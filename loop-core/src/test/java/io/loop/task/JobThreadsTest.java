package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JobThreadsTest {

  private final JobThreads threads = new JobThreads();

  @AfterEach
  void close() {
    threads.shutdown();
  }

  @Test
  void start_manyJobs_startsAsManyThreadsAsTheLimit() throws InterruptedException {
    var go = new CountDownLatch(1);
    var ended = new CountDownLatch(JobThreads.LIMIT * 2);
    for (int i = 0; i < JobThreads.LIMIT * 2; i++) {
      threads.start(new Job<>(() -> waitFor(go, ended), threads));
    }

    assertThat(threads.getPoolSize()).isEqualTo(JobThreads.LIMIT);
    assertThat(threads.getQueue()).hasSize(JobThreads.LIMIT);
    go.countDown();
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean waitFor(CountDownLatch go, CountDownLatch ended)
      throws InterruptedException {
    go.await();
    ended.countDown();
    return true;
  }

  @Test
  void limit_isThatOfAsyncio() {
    int processors = Runtime.getRuntime().availableProcessors();

    assertThat(JobThreads.LIMIT).isEqualTo(Math.min(32, processors + 4));
  }

  @Test
  void idleThreads_end() {
    assertThat(threads.allowsCoreThreadTimeOut()).isTrue();
    assertThat(threads.getKeepAliveTime(TimeUnit.SECONDS)).isBetween(1L, 10L);
  }

  @Test
  void start_jobThatThrows_leavesTheThread() throws Exception {
    var failing =
        new Job<Thread>(
            () -> {
              throw new AssertionError("x");
            },
            threads);
    threads.start(failing);
    assertThat(failing.handle((_, fault) -> fault).get(30, TimeUnit.SECONDS))
        .isInstanceOf(AssertionError.class);

    var next = new Job<>(Thread::currentThread, threads);
    threads.start(next);
    next.get(30, TimeUnit.SECONDS);

    assertThat(threads.getPoolSize()).isEqualTo(1);
  }
}
