package io.loop.netty;

import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's ways to end event loops, on event loops that our loops drive.
class ShutdownTest extends OnNetty {

  private static final Duration DAY = Duration.ofDays(1);
  private static final long SECONDS = PATIENCE.toSeconds();

  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
  private final CountDownLatch waiting = new CountDownLatch(1);

  /// A body that waits until it is cancelled, and takes its time to clean up, on Netty too.
  private Void cleanUpSlowly() {
    try {
      waiting.countDown();
      return new LoopFuture<Void>().await();
    } finally {
      Asyncio.sleep(Duration.ofMillis(20));
      IoEventLoop eventLoop = NettyLoop.eventLoop(Loop.running());
      log.add(NettyFutures.await(eventLoop.submit(() -> "cleaned up")));
    }
  }

  private void startCleaner(Loop loop) throws InterruptedException {
    var _ = Asyncio.runCoroutineThreadsafe(this::cleanUpSlowly, loop);
    assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitEnd(EventLoopGroup group) throws InterruptedException {
    assertThat(group.awaitTermination(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(group.isShuttingDown()).isTrue();
    assertThat(group.isShutdown()).isTrue();
    assertThat(group.isTerminated()).isTrue();
    assertThat(group.terminationFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
    for (EventExecutor eventLoop : group) {
      assertThat(eventLoop.isTerminated()).isTrue();
    }
  }

  private static void assertClosed(LoopGroup group) {
    assertThat(group.loops()).allMatch(Loop::isClosed);
    group.close(); // does nothing, and returns
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofAGroup_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(2, transport);
    startCleaner(group.loops().getLast());

    var end = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    assertThat(group.eventLoops().isShuttingDown()).isTrue();
    assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(log).containsExactly("cleaned up");
    awaitEnd(group.eventLoops());
    assertClosed(group);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_thenClose_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    startCleaner(group.loops().getFirst());

    var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);
    group.close();

    assertThat(log).containsExactly("cleaned up");
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofOneEventLoopOfAGroup_endsThatOne(Transport transport) throws Exception {
    try (var group = new LoopGroup(2, transport)) {
      Loop ending = group.loops().getFirst();
      Loop other = group.loops().getLast();
      startCleaner(ending);

      IoEventLoop eventLoop = NettyLoop.eventLoop(ending);
      var end = eventLoop.shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

      assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(log).containsExactly("cleaned up");
      assertThat(ending.isClosed()).isTrue();
      assertThat(group.eventLoops().isShuttingDown()).isFalse();
      assertThat(Asyncio.runCoroutineThreadsafe(() -> "alive", other).join()).isEqualTo("alive");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  @SuppressWarnings("deprecation")
  void shutdown_ofAGroup_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    startCleaner(group.loops().getFirst());

    group.eventLoops().shutdown();

    assertThat(group.eventLoops().isShutdown()).isTrue();
    assertThat(group.eventLoops().awaitTermination(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(log).containsExactly("cleaned up");
    assertClosed(group);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_onALoopOfTheGroup_endsIt(Transport transport) throws Exception {
    var group = new LoopGroup(2, transport);
    startCleaner(group.loops().getFirst());
    EventLoopGroup eventLoops = group.eventLoops();

    CompletableFuture<Boolean> asked =
        Asyncio.runCoroutineThreadsafe(
            () ->
                eventLoops.shutdownGracefully(0, SECONDS, TimeUnit.SECONDS)
                    == eventLoops.terminationFuture(),
            group.loops().getFirst());

    assertThat(asked.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    awaitEnd(eventLoops);
    assertThat(log).containsExactly("cleaned up");
  }

  /// The sockets work until the tasks have ended.
  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_connectionThatSaysGoodbye_isHeard(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    CompletableFuture<Server> started =
        Asyncio.runCoroutineThreadsafe(
            () ->
                Streams.startServer(
                    (reader, writer) -> {
                      try {
                        waiting.countDown();
                        reader.readLine();
                      } finally {
                        Asyncio.sleep(Duration.ofMillis(5));
                        writer.write("goodbye\n".getBytes(StandardCharsets.US_ASCII));
                        writer.drain();
                      }
                    },
                    "127.0.0.1",
                    0,
                    ServerOptions.DEFAULT),
            group.loops().getFirst());
    int port = started.get(SECONDS, TimeUnit.SECONDS).localAddress().getPort();
    try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.setSoTimeout((int) PATIENCE.toMillis());
      assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();

      var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("goodbye\n");
    }
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofAGroup_closesItsChannels(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    Channel channel =
        new ServerBootstrap()
            .group(group.eventLoops())
            .channel(transport.serverType())
            .childHandler(new ChannelInboundHandlerAdapter())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();

    var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    assertThat(channel.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void shutdownGracefully_taskInTheQuietPeriod_runs(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    Loop loop = group.loops().getFirst();
    var _ = group.eventLoops().shutdownGracefully(1, SECONDS, TimeUnit.SECONDS);
    while (!loop.isClosed()) {
      Thread.onSpinWait();
    }

    String ran = group.eventLoops().submit(() -> "ran").get(SECONDS, TimeUnit.SECONDS);

    assertThat(ran).isEqualTo("ran");
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_taskThatDoesNotEnd_isUnwoundAtTheLimit(Transport transport)
      throws Exception {
    var group = new LoopGroup(1, transport);
    var reports = new ConcurrentLinkedQueue<ExceptionContext>();
    Loop loop = group.loops().getFirst();
    loop.callSoonThreadsafe(() -> loop.setExceptionHandler((_, report) -> reports.add(report)));
    CompletableFuture<Void> stubborn = Asyncio.runCoroutineThreadsafe(this::declineForever, loop);
    assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();

    var _ = group.eventLoops().shutdownGracefully(0, 50, TimeUnit.MILLISECONDS);

    awaitEnd(group.eventLoops());
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
    assertThat(stubborn).isDone();
  }

  private Void declineForever() {
    while (true) {
      try {
        waiting.countDown();
        Asyncio.sleep(DAY);
      } catch (CancelledError declined) {
        log.add("declined");
      }
    }
  }

  @Test
  void shutdownGracefully_limitsThatMakeNoSense_areRefused() {
    try (var group = new LoopGroup(1)) {
      EventLoopGroup eventLoops = group.eventLoops();

      assertThatThrownBy(() -> eventLoops.shutdownGracefully(2, 1, TimeUnit.SECONDS))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> eventLoops.shutdownGracefully(-1, 1, TimeUnit.SECONDS))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(eventLoops.isShuttingDown()).isFalse();
    }
  }

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

  private static Runner.Options on(Loop loop) {
    return Runner.Options.DEFAULT.withoutSignals().withLoopFactory(() -> loop);
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
