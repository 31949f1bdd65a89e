package io.loop.netty;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.loop.testing.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Loops in turns on executors that another program made.
final class AttachedLoopTest extends AttachedLoopFixture {

  /// More turns than fit into the 10 ms until the timer is due, on any machine; an executor that is
  /// starved for a second would let about five times as many pass. A machine that pauses makes no
  /// turns.
  private static final int MANY = 1_000_000;

  private static final int SENDS = 2_000;

  @ParameterizedTest
  @MethodSource("hosts")
  void of_anExecutor_isOneLoopThatRuns(Host host) throws Exception {
    on(
        host,
        (executor, loop) -> {
          assertThat(NettyLoop.of(executor)).isSameAs(loop);
          assertThat(loop.isRunning()).isTrue();
          assertThat(call(loop, Loop::running)).isSameAs(loop);
        });
  }

  @Test
  void of_oneOfOurOwn_isThatLoop() {
    Loop loop = NettyLoop.create(Transport.NIO);
    try (loop) {
      assertThat(NettyLoop.of(NettyLoop.eventLoop(loop))).isSameAs(loop);
    }
  }

  @Test
  void of_whatRunsTasksInAnyOrder_isRefused() {
    assertThatThrownBy(() -> NettyLoop.of(ImmediateEventExecutor.INSTANCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one task at a time");
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void body_sleepsAndAwaits_onTheExecutorsThread(Host host) throws Exception {
    on(
        host,
        (executor, loop) ->
            assertThat(
                    call(
                        loop,
                        () -> {
                          Task<Integer> child =
                              Task.create(
                                  loop,
                                  () -> {
                                    sleep(Duration.ofMillis(5));
                                    return 7;
                                  },
                                  TaskOptions.DEFAULT);
                          boolean isThere = Tasks.onLoopThread(executor::inEventLoop);
                          assertThat(isThere).isTrue();
                          return child.await();
                        }))
                .isEqualTo(7));
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void hazard1_busyCoroutine_doesNotStarveTheExecutorsTimers(Host host) throws Exception {
    on(
        host,
        (executor, loop) -> {
          var rung = new AtomicBoolean();
          int turns =
              call(
                  loop,
                  () -> {
                    Tasks.onLoopThread(
                        () -> executor.schedule(() -> rung.set(true), 10, TimeUnit.MILLISECONDS));
                    int count = 0;
                    while (!rung.get() && count < MANY) {
                      sleep(TICK);
                      count++;
                    }
                    return count;
                  });

          assertThat(turns).isLessThan(MANY);
        });
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void deadlines_setBetweenTurns_areKept(Host host) throws Exception {
    on(
        host,
        (executor, loop) -> {
          var fired = new CompletableFuture<Duration>();

          executor.execute(
              () -> loop.callLater(Duration.ofMillis(3), () -> fired.complete(loop.time())));

          assertThat(get(fired)).isPositive();
        });
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void deadlines_aNearerOne_isNotHeldUpByAFarOne(Host host) throws Exception {
    on(
        host,
        (_, loop) -> {
          var fired = new CompletableFuture<@Nullable Void>();
          call(
              loop,
              Coro.of(() -> {
                loop.callLater(Duration.ofHours(1), () -> {});
                sleep(Duration.ofMillis(20));
                loop.callLater(Duration.ofMillis(3), () -> fired.complete(null));
              }));

          get(fired);
        });
  }

  /// The flush of each send settles it, so that there is always another turn.
  @ParameterizedTest
  @MethodSource("io.loop.netty.OnNetty#transports")
  void endlessSends_toAFastReader_letTheExecutorLookAtItsSockets(Transport transport)
      throws Exception {
    var counting = new Counting(transport);
    var group = new MultiThreadIoEventLoopGroup(1, counting);
    var looksWhileSending = new CompletableFuture<Integer>();
    Channel server =
        new ServerBootstrap()
            .group(group)
            .channel(transport.serverType())
            .childHandler(
                Pipelines.initializer(pipeline ->
                    pipeline.addLast(
                        CoroutineHandler.of(channel -> {
                          int before = counting.polls.get();
                          for (int i = 0; i < SENDS; i++) {
                            channel.send(Unpooled.wrappedBuffer(new byte[1]));
                          }
                          looksWhileSending.complete(counting.polls.get() - before);
                        }))))
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();

    var address = (InetSocketAddress) server.localAddress();
    try (var socket = new Socket(address.getAddress(), address.getPort())) {
      assertThat(socket.getInputStream().readNBytes(SENDS)).hasSize(SENDS);
    }

    assertThat(get(looksWhileSending)).isGreaterThanOrEqualTo(SENDS / 2);
    end(group.next());
  }

  @Test
  void hazard15_embedded_runsWhenItIsToldTo_onItsOwnClock() {
    var channel = new EmbeddedChannel();
    channel.freezeTime();
    Loop loop = NettyLoop.of(channel.eventLoop());
    List<String> log = new ArrayList<>();
    Task<@Nullable Void> task =
        Task.create(
            loop,
            Coro.of(() -> {
              log.add("start");
              sleep(Duration.ofSeconds(1));
              log.add("end");
            }),
            TaskOptions.DEFAULT);
    assertThat(log).isEmpty();

    channel.runPendingTasks();
    assertThat(log).containsExactly("start");
    channel.advanceTimeBy(999, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();
    assertThat(log).containsExactly("start");
    channel.advanceTimeBy(2, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();
    channel.runPendingTasks();

    assertThat(log).containsExactly("start", "end");
    assertThat(task.isDone()).isTrue();
    loop.close();
    channel.finishAndReleaseAll();
  }

  /// Whatever the clock reads when the sleep begins.
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 123_456, 999_999})
  void embedded_clockMovedByTheVeryDelay_endsASleep(long phaseNanos) {
    for (boolean frozen : new boolean[] {true, false}) {
      var channel = new EmbeddedChannel();
      if (frozen) {
        channel.freezeTime();
      }
      Loop loop = NettyLoop.of(channel.eventLoop());
      channel.advanceTimeBy(phaseNanos, TimeUnit.NANOSECONDS);
      Task<@Nullable Void> task =
          Task.create(loop, Coro.of(() -> sleep(Duration.ofSeconds(5))), TaskOptions.DEFAULT);
      runTurns(channel);

      if (frozen) {
        channel.advanceTimeBy(5_000_000_000L - 1, TimeUnit.NANOSECONDS);
        runTurns(channel);
        assertThat(task.isDone()).isFalse();
        channel.advanceTimeBy(1, TimeUnit.NANOSECONDS);
      } else {
        channel.advanceTimeBy(5, TimeUnit.SECONDS);
      }
      runTurns(channel);

      assertThat(task.isDone()).isTrue();
      loop.close();
      channel.finishAndReleaseAll();
    }
  }

  /// A slow turn uses up its budget, and is gone on with at the next call if the clock runs.
  private static void runTurns(EmbeddedChannel channel) {
    for (int turn = 0; turn < 5; turn++) {
      channel.runPendingTasks();
    }
  }

  @Test
  void nestedTurn_fromACallback_doesNothing() {
    var channel = new EmbeddedChannel();
    Loop loop = NettyLoop.of(channel.eventLoop());
    List<String> log = new ArrayList<>();
    var second = new AtomicReference<Callback>(() -> log.add("second"));
    loop.callSoon(() -> {
      loop.callSoon(second.get());
      channel.runPendingTasks();
      log.add("first");
    });

    channel.runPendingTasks();
    channel.runPendingTasks();

    assertThat(log).containsExactly("first", "second");
    loop.close();
    channel.finishAndReleaseAll();
  }

  /// What callbacks of the loop and tasks of the executor have in common: they run on its thread,
  /// and may hold monitors there.
  enum Maker {
    CALLBACK,
    TASK_OF_THE_EXECUTOR
  }

  static Stream<Arguments> hostsAndMakers() {
    return hosts()
        .flatMap(host -> Stream.of(Maker.values()).map(maker -> Arguments.of(host, maker)));
  }

  @ParameterizedTest
  @MethodSource("hostsAndMakers")
  void eagerTask_madeWhileAMonitorIsHeld_startsFromTheReadyQueueAndLeavesTheMonitor(
      Host host, Maker maker) throws Exception {
    List<String> log = new CopyOnWriteArrayList<>();
    var monitor = new Object();
    on(
        host,
        (executor, loop) -> {
          var made = new CompletableFuture<Task<@Nullable Void>>();
          Runnable making =
              () -> {
                synchronized (monitor) {
                  var body =
                      Coro.of(() -> {
                        log.add("body");
                        Thread.sleep(1); // unmounts, which would take the monitor along
                        sleep(TICK);
                        log.add("end");
                      });
                  made.complete(Task.create(loop, body, TaskOptions.DEFAULT.withEagerStart()));
                  log.add(Thread.holdsLock(monitor) ? "held" : "lost");
                }
                log.add(Thread.holdsLock(monitor) ? "left behind" : "free");
              };
          switch (maker) {
            case CALLBACK -> loop.callSoonThreadsafe(making::run);
            case TASK_OF_THE_EXECUTOR -> executor.execute(making);
          }
          Task<@Nullable Void> task = get(made);
          call(loop, () -> task.await());
        });

    assertThat(log).containsExactly("held", "free", "body", "end");
    Threads.onThread(() -> {
      synchronized (monitor) {
        log.add("another thread's");
      }
    });
  }
}
