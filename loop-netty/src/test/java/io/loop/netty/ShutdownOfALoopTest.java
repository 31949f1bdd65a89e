package io.loop.netty;

import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.Threads;
import io.netty.channel.IoEventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's ways to end event loops, on a loop of its own.
class ShutdownOfALoopTest extends ShutdownFixture {

  /// A poller that counts its polls.
  private static final class Counting implements Poller {
    private final NettyPoller poller;
    private final AtomicInteger polls = new AtomicInteger();

    Counting(Transport transport) {
      this.poller = new NettyPoller(transport);
    }

    @Override
    public void open(PolledLoop loop) {
      poller.open(loop);
    }

    @Override
    public void enter() {
      poller.enter();
    }

    @Override
    public void enclose(Runnable run) {
      poller.enclose(run);
    }

    @Override
    public void poll(long waitNanos) {
      polls.incrementAndGet();
      poller.poll(waitNanos);
    }

    @Override
    public void flush() {
      poller.flush();
    }

    @Override
    public void wakeup() {
      poller.wakeup();
    }

    @Override
    public long nanoTime() {
      return poller.nanoTime();
    }

    @Override
    public void close() {
      poller.close();
    }
  }

  private static void runOn(Loop loop, Coro.Action main) {
    Asyncio.run(Coro.of(main), on(loop));
  }

  private static CompletableFuture<Void> shutDownSoon(Loop loop, CountDownLatch after) {
    return start(() -> {
      after.await();
      var _ = NettyLoop.eventLoop(loop).shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);
    });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofALoopThatRuns_cancelsTheMainTaskAndCloses(Transport transport)
      throws Exception {
    Loop loop = NettyLoop.create(transport);
    CompletableFuture<Void> asked = shutDownSoon(loop, waiting);

    assertThatThrownBy(() -> Asyncio.run(this::cleanUpSlowly, on(loop)))
        .isInstanceOf(CancelledError.class);

    Threads.join(asked);
    assertThat(log).containsExactly("cleaned up");
    assertThat(loop.isClosed()).isTrue();
    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_whileTasksCleanUp_doesNotSpin(Transport transport) throws Exception {
    var poller = new Counting(transport);
    Loop loop = Loop.create(poller);
    CompletableFuture<Void> asked = shutDownSoon(loop, waiting);
    var polls = new AtomicReference<Integer>();

    assertThatThrownBy(() ->
            runOn(
                loop,
                () -> {
                  try {
                    waiting.countDown();
                    Asyncio.sleep(DAY);
                  } finally {
                    int before = poller.polls.get();
                    Asyncio.sleep(Duration.ofMillis(100));
                    polls.set(poller.polls.get() - before);
                  }
                }))
        .isInstanceOf(CancelledError.class);

    Threads.join(asked);
    assertThat(polls.get()).isLessThan(50); // a loop that spins polls a hundred thousand times
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_whileTasksCleanUp_workFromOtherThreadsWakesTheLoop(Transport transport)
      throws Exception {
    Loop loop = NettyLoop.create(transport);
    CompletableFuture<Void> asked = shutDownSoon(loop, waiting);
    var cleaning = new CountDownLatch(1);
    var callback = new LoopFuture<String>(loop);
    var task = new LoopFuture<String>(loop);
    CompletableFuture<Void> helper =
        start(() -> {
          cleaning.await();
          loop.callSoonThreadsafe(() -> callback.setResult("callback"));
          NettyLoop.eventLoop(loop).execute(() -> task.setResult("task"));
        });

    assertThatThrownBy(() ->
            runOn(
                loop,
                () -> {
                  try {
                    waiting.countDown();
                    Asyncio.sleep(DAY);
                  } finally {
                    cleaning.countDown();
                    log.add(callback.await());
                    log.add(task.await());
                  }
                }))
        .isInstanceOf(CancelledError.class);

    Threads.join(asked);
    Threads.join(helper);
    assertThat(log).containsExactly("callback", "task");
  }

  /// The habit of ending everything on the last line of a program.
  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_asTheLastThingOfTheMainTask_letsTheOthersCleanUp(Transport transport) {
    Loop loop = NettyLoop.create(transport);

    String result =
        Asyncio.run(
            () -> {
              Task<Void> _ = Asyncio.createTask(this::cleanUpSlowly);
              Asyncio.sleep(Duration.ZERO);
              var _ = NettyLoop.eventLoop(loop).shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);
              return "done";
            },
            on(loop));

    assertThat(result).isEqualTo("done");
    assertThat(log).containsExactly("cleaned up");
    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofALoopThatRunsForever_endsItsTasksAndTheRun(Transport transport)
      throws Exception {
    Loop loop = NettyLoop.create(transport);
    Task<Void> task = Task.create(loop, this::cleanUpSlowly, TaskOptions.DEFAULT);
    CompletableFuture<Void> asked = shutDownSoon(loop, waiting);

    loop.runForever();

    Threads.join(asked);
    assertThat(log).containsExactly("cleaned up");
    assertThat(task.isCancelled()).isTrue();
    assertThat(NettyLoop.eventLoop(loop).isShuttingDown()).isTrue();
    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isFalse();
    loop.close();
    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  @SuppressWarnings("deprecation")
  void shutdown_ofALoopThatRuns_cancelsTheMainTaskAndCloses(Transport transport) throws Exception {
    Loop loop = NettyLoop.create(transport);
    CompletableFuture<Void> asked =
        start(() -> {
          waiting.await();
          NettyLoop.eventLoop(loop).shutdown();
        });

    assertThatThrownBy(() ->
            runOn(
                loop,
                () -> {
                  try {
                    waiting.countDown();
                    Asyncio.sleep(DAY);
                  } finally {
                    log.add(Asyncio.sleep(Duration.ofMillis(20), "cleaned up"));
                  }
                }))
        .isInstanceOf(CancelledError.class);

    Threads.join(asked);
    assertThat(log).containsExactly("cleaned up");
    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_beforeTheLoopRuns_cancelsTheRunAtOnce(Transport transport) {
    Loop loop = NettyLoop.create(transport);
    var _ = NettyLoop.eventLoop(loop).shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    assertThatThrownBy(() -> Asyncio.run(this::cleanUpSlowly, on(loop)))
        .isInstanceOf(CancelledError.class);

    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofALoopThatNeverRuns_isDoneWhenItCloses(Transport transport) {
    Loop loop = NettyLoop.create(transport);
    var _ = NettyLoop.eventLoop(loop).shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    loop.close();

    assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
  }

  /// The call may come at any moment of a poll.
  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_atAnyMoment_waitsForTheTasks(Transport transport) throws Exception {
    for (int round = 0; round < 50; round++) {
      Loop loop = NettyLoop.create(transport);
      var started = new CountDownLatch(1);
      CompletableFuture<Void> asked = shutDownSoon(loop, started);

      assertThatThrownBy(() -> runOn(loop, () -> pingPong(loop, started)))
          .isInstanceOf(CancelledError.class);

      Threads.join(asked);
      assertThat(NettyLoop.eventLoop(loop).isTerminated()).isTrue();
    }
    assertThat(List.copyOf(log)).hasSize(50).containsOnly("cleaned up");
  }

  private void pingPong(Loop loop, CountDownLatch started) {
    IoEventLoop eventLoop = NettyLoop.eventLoop(loop);
    try {
      started.countDown();
      while (true) {
        Asyncio.sleep(Duration.ZERO);
        NettyFutures.await(eventLoop.submit(() -> "ping"));
      }
    } finally {
      log.add(NettyFutures.await(eventLoop.submit(() -> "cleaned up")));
    }
  }
}
