package io.loop.netty;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.testing.Threads;
import io.netty.util.concurrent.EventExecutor;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How an attached loop ends: with its executor or by `close`, and what does not end it.
final class AttachedLoopEndTest extends AttachedLoopFixture {

  @ParameterizedTest
  @MethodSource("hosts")
  void shutdown_ofTheExecutor_cancelsTasksAndClosesTheLoop(Host host) throws Exception {
    EventExecutor executor = host.start();
    Loop loop = NettyLoop.of(executor);
    List<String> log = new CopyOnWriteArrayList<>();
    CompletableFuture<@Nullable Void> task =
        runCoroutineThreadsafe(
            Coro.of(() -> {
              log.add("started");
              try {
                sleep(Duration.ofDays(1));
              } finally {
                sleep(TICK);
                log.add("cleaned up");
              }
            }),
            loop);
    call(loop, Coro.of(() -> sleep(TICK)));

    end(executor);

    assertThat(log).containsExactly("started", "cleaned up");
    assertThat(task).isDone();
    assertThat(loop.isClosed()).isTrue();
    assertThatThrownBy(() -> loop.callSoonThreadsafe(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Event loop is closed");
    assertThatThrownBy(() -> NettyLoop.of(executor)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void runAndStop_areRefused(Host host) throws Exception {
    on(
        host,
        (_, loop) -> {
          assertThatThrownBy(loop::runForever).hasMessage("This event loop is already running");
          call(
              loop, Coro.of(() -> assertThatThrownBy(loop::stop).hasMessageContaining("close it")));
        });
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void fatalError_isReportedAndTheHostGoesOn(Host host) throws Exception {
    on(
        host,
        (_, loop) -> {
          var reported = new CompletableFuture<ExceptionContext>();
          call(
              loop,
              Coro.of(() -> loop.setExceptionHandler((_, report) -> reported.complete(report))));

          loop.callSoonThreadsafe(() -> {
            throw new KeyboardInterrupt();
          });

          assertThat(get(reported).exception()).isInstanceOf(KeyboardInterrupt.class);
          assertThat(call(loop, () -> 1)).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void close_onTheExecutorsThread_letsANewOneBeMade(Host host) throws Exception {
    on(
        host,
        (executor, loop) -> {
          executor.submit(loop::close).get(30, TimeUnit.SECONDS);

          assertThat(loop.isClosed()).isTrue();
          Loop next = NettyLoop.of(executor);
          assertThat(next).isNotSameAs(loop);
          assertThat(call(next, () -> 2)).isEqualTo(2);
        });
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void close_manyTimes_leavesNothingWithTheExecutor(Host host) throws Exception {
    EventExecutor executor = host.start();
    List<WeakReference<Loop>> closed = new ArrayList<>();

    for (int i = 0; i < 50; i++) {
      executor
          .submit(() -> {
            Loop loop = NettyLoop.of(executor);
            closed.add(new WeakReference<>(loop));
            loop.close();
          })
          .get(30, TimeUnit.SECONDS);
    }

    Threads.onThread(() -> {
      while (!closed.stream().allMatch(loop -> loop.refersTo(null))) {
        System.gc();
        Thread.sleep(10);
      }
    });
    end(executor);
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void close_elsewhere_isRefused(Host host) throws Exception {
    on(
        host,
        (_, loop) -> {
          assertThatThrownBy(loop::close).isInstanceOf(IllegalStateException.class);
          assertThat(call(loop, () -> 1)).isEqualTo(1);
        });
  }
}
