package io.loop.netty;

import static io.loop.testing.Threads.onThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.event.Poller;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import io.netty.util.concurrent.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes wrong between our loop, Netty's and the clock; numbered as in the hazards list.
class SchedulingHazardsTest extends OnNetty {

  private static final long PATIENCE_SECONDS = PATIENCE.toSeconds();

  /// Hazard 4: a wake-up of a loop that is awake makes each of its polls dearer.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard04_submissionsToABusyLoop_doNotWakeTheTransport(Transport transport) {
    var counting = new Counting(transport);
    counting.run(
        transport,
        () -> {
          Loop loop = Loop.running();
          int[] ran = new int[1];
          int before = counting.wakeups.get();
          Thread other =
              Thread.ofPlatform()
                  .start(() -> {
                    for (int i = 0; i < 1_000; i++) {
                      loop.callSoonThreadsafe(() -> ran[0]++);
                    }
                  });
          while (other.isAlive() || ran[0] < 1_000) {
            Asyncio.sleep(Duration.ZERO);
          }

          assertThat(counting.wakeups.get() - before).isZero();
        });
  }

  /// Hazard 5: Netty takes a wait of nought for one without end.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard05_pollWithoutTime_returns(Transport transport) throws Exception {
    var done = new CompletableFuture<String>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          Poller poller = new NettyPoller(transport);
          Loop _ = Loop.create(poller);
          poller.enclose(() -> {
            poller.poll(0);
            poller.poll(-1);
            poller.poll(1);
            poller.close();
          });
          done.complete("polled");
        });

    assertThat(done.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("polled");
  }

  /// Hazard 6: NIO spins on what is left of a wait below half a millisecond.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard06_sleepOfAMillisecondAndABit_takesFewPolls(Transport transport) {
    var counting = new Counting(transport);
    counting.run(
        transport,
        () -> {
          Asyncio.sleep(Duration.ofMillis(1));
          int before = counting.polls.get();
          for (int i = 0; i < 20; i++) {
            Asyncio.sleep(Duration.ofNanos(1_400_000));
          }

          assertThat(counting.polls.get() - before)
              .isLessThanOrEqualTo(20 * 10); // NIO would spin hundreds of times
        });
  }

  /// Hazard 8: Netty's clock does not begin where the system's does.
  @Test
  void hazard08_tickerOfItsOwn_deadlinesAreKept() {
    var ticker = new FarTicker();
    EmbeddedChannel channel = EmbeddedChannel.builder().ticker(ticker).build();
    Loop loop = NettyLoop.of(channel.eventLoop());
    Task<String> task =
        Task.create(loop, () -> Asyncio.sleep(Duration.ofSeconds(2), "slept"), TaskOptions.DEFAULT);

    channel.runPendingTasks();
    ticker.advance(Duration.ofMillis(1_999));
    channel.runPendingTasks();
    assertThat(task.isDone()).isFalse();
    ticker.advance(Duration.ofMillis(2));
    channel.runPendingTasks();
    channel.runPendingTasks();

    assertThat(task.isDone()).isTrue();
    assertThat(task.result()).isEqualTo("slept");
    loop.close();
    channel.finishAndReleaseAll();
  }

  /// A clock that is a minute before the largest time there is; no clock of Netty's may pass it.
  private static final class FarTicker implements Ticker {

    private static final long FIRST = Long.MAX_VALUE - TimeUnit.MINUTES.toNanos(1);
    private long elapsed;

    void advance(Duration time) {
      elapsed += time.toNanos();
    }

    @Override
    public long initialNanoTime() {
      return FIRST;
    }

    @Override
    public long nanoTime() {
      return FIRST + elapsed;
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
      throw new UnsupportedOperationException("nobody sleeps here");
    }
  }

  /// Hazard 10: a group that scales down suspends event loops on which nothing is registered.
  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void hazard10_groupThatScalesDown_leavesNoCoroutineBehind(Transport transport) throws Exception {
    IoHandlerFactory handlers = OnNetty.handlers(transport);
    var scaling =
        new AutoScalingEventExecutorChooserFactory(
            1, 3, 20, TimeUnit.MILLISECONDS, 0.9, 0.95, 1, 2, 1);
    var group =
        new MultiThreadIoEventLoopGroup(
            3,
            new ThreadPerTaskExecutor(new DefaultThreadFactory("scaled", true)),
            scaling,
            handlers);
    List<Loop> loops = new ArrayList<>();
    List<CompletableFuture<String>> sleepers = new ArrayList<>();
    List<CompletableFuture<String>> waiters = new ArrayList<>();
    List<LoopFuture<String>> calls = new ArrayList<>();
    for (EventExecutor executor : group) {
      Loop loop = NettyLoop.of(executor);
      var call = new LoopFuture<String>(loop);
      loops.add(loop);
      calls.add(call);
      sleepers.add(
          Asyncio.runCoroutineThreadsafe(
              () -> Asyncio.sleep(Duration.ofMillis(300), "slept"), loop));
      waiters.add(
          Asyncio.runCoroutineThreadsafe(
              () -> Asyncio.sleep(Duration.ofMillis(1), call.await()), loop));
    }

    for (CompletableFuture<String> sleeper : sleepers) {
      assertThat(sleeper.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("slept");
    }
    if (handlers.isChangingThreadSupported()) {
      awaitSuspension(group);
    }
    for (int i = 0; i < loops.size(); i++) {
      LoopFuture<String> call = calls.get(i);
      loops.get(i).callSoonThreadsafe(() -> call.setResult("called"));
      assertThat(waiters.get(i).get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("called");
    }
    group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).sync();
  }

  private static void awaitSuspension(MultiThreadIoEventLoopGroup group) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (group.executorCount() == group.activeExecutorCount()) {
      assertThat(end - System.nanoTime()).as("no event loop was suspended").isPositive();
      Thread.sleep(5);
    }
  }

  /// Hazard 13: Netty's group makes its event loops before a subclass has set its fields.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard13_groupOfATransport_makesItsLoopsOnThat(Transport transport) {
    try (var group = new LoopGroup(2, transport)) {
      assertThat(group.loops())
          .hasSize(2)
          .allSatisfy(loop -> {
            assertThat(NettyPoller.of(loop).transport()).isEqualTo(transport);
            assertThat(NettyLoop.eventLoop(loop).parent()).isNotNull();
          });
    }
  }

  /// Hazard 51: the first buffer decides whether a thread gets memory of its own, for good.
  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void hazard51_firstBufferOfACoroutine_leavesTheLoopItsOwnMemory(
      Transport transport, @TempDir Path directory) throws Exception {
    Path file = directory.resolve("allocations.jfr");
    try (var recording = new Recording()) {
      recording.enable("io.netty.AllocateChunk").withoutStackTrace();
      recording.start();
      var options =
          Runner.Options.DEFAULT
              .withoutSignals()
              .withLoopFactory(() -> NettyLoop.create(transport));
      var thread = new AtomicLong();
      onThread(() ->
          thread.set(
              Asyncio.run(
                  () -> {
                    ByteBufAllocator.DEFAULT.directBuffer(64).release();
                    return Tasks.onLoopThread(() -> allocate(Thread.currentThread().threadId()));
                  },
                  options)));
      recording.stop();
      recording.dump(file);
      assertThat(RecordingFile.readAllEvents(file))
          .filteredOn(event -> event.getThread().getJavaThreadId() == thread.get())
          .isNotEmpty()
          .allMatch(event -> event.getBoolean("threadLocal"));
    }
  }

  private static long allocate(long result) {
    List<ByteBuf> buffers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      buffers.add(ByteBufAllocator.DEFAULT.directBuffer(10_000));
    }
    buffers.forEach(ByteBuf::release);
    return result;
  }
}
