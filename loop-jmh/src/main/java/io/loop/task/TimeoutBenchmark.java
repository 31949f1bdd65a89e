package io.loop.task;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.event.ManualEventLoops;
import io.loop.report.CpuTime;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/// What it costs to be on time: a timeout of 30 seconds that never strikes, around something quick
/// or moved on with each message, and the shortest sleep there is.
///
/// Where sleepers are fewer than keep a thread busy, the time on the clock is that of their idle
/// wait; the figure `cpu`, the processor time of all threads, holds then.
public class TimeoutBenchmark extends LoopBenchmark {

  private static final int CALLS = 2_000;
  private static final int SLEEPS = 100_000;
  private static final long TIMEOUT_SECONDS = 30;
  private static final Duration TIMEOUT = Duration.ofSeconds(TIMEOUT_SECONDS);
  private static final Duration SHORT = Duration.ofMillis(1);

  /// One operation: a timeout around a body that returns at once.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void immediate(OneLoop loop, Blackhole results) {
    Timeout.Body<TimeoutBenchmark> body = _ -> this;
    loop.run(() -> {
      for (int i = 0; i < CALLS; i++) {
        results.consume(Asyncio.timeout(TIMEOUT, body));
      }
    });
  }

  /// One operation: a timeout around a body that makes a future, has a callback complete it in the
  /// next tick, and awaits it.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void nextTick(OneLoop loop, Blackhole results) {
    Timeout.Body<TimeoutBenchmark> body = _ -> completedNextTick(loop.loop()).await();
    loop.run(() -> {
      for (int i = 0; i < CALLS; i++) {
        results.consume(Asyncio.timeout(TIMEOUT, body));
      }
    });
  }

  private LoopFuture<TimeoutBenchmark> completedNextTick(Loop loop) {
    var future = new LoopFuture<TimeoutBenchmark>(loop);
    loop.callSoon(() -> future.setResult(this));
    return future;
  }

  /// Two virtual threads that wait for each other.
  private static final class Pair {
    private volatile CompletableFuture<Object> first = new CompletableFuture<>();
    private volatile CompletableFuture<Object> second = new CompletableFuture<>();

    void runFirst(int waits, Blackhole results) throws Exception {
      for (int i = 0; i < waits; i++) {
        var mine = new CompletableFuture<>();
        first = mine;
        second.complete(this);
        results.consume(mine.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
      }
    }

    void runSecond(int waits, Blackhole results) throws Exception {
      for (int i = 0; i < waits; i++) {
        results.consume(second.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        second = new CompletableFuture<>();
        first.complete(this);
      }
    }
  }

  /// One operation: a virtual thread makes a future, has another one complete it, and waits for it
  /// with a timeout. There are two, which complete each other's: nothing is woken that does not
  /// wait with a timeout itself.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void jdkNextTick(Blackhole results) throws Exception {
    var pair = new Pair();
    JdkThreads.run(
        () -> pair.runFirst(CALLS / 2, results), () -> pair.runSecond(CALLS / 2, results));
  }

  /// As many connections as there are calls in a tick, each with a timeout around its body.
  @State(Scope.Thread)
  public static class Connections {
    private static final int COUNT = CALLS / 2;

    private final OneLoop loop = new OneLoop();
    private final List<Timeout> timeouts = new ArrayList<>();
    private final Callback pushAll = this::pushAll;

    @Setup
    public void open() {
      loop.runCallback(() -> {
        for (int i = 0; i < COUNT; i++) {
          Asyncio.createTask(() -> Asyncio.timeout(TIMEOUT, this::serve));
        }
      });
      loop.runCallback(() -> {}); // the tick in which the tasks begin
    }

    private Object serve(Timeout timeout) {
      timeouts.add(timeout);
      return new LoopFuture<>(loop.loop()).await();
    }

    private void pushAll() {
      timeouts.forEach(timeout -> timeout.rescheduleAfter(TIMEOUT));
    }

    void receiveOneEach() {
      loop.runCallback(pushAll);
    }

    @TearDown
    public void close() {
      List<Task<?>> tasks = Task.all(loop.loop());
      tasks.forEach(LoopFuture::cancel);
      Tasks.runUntilComplete(loop.loop(), Tasks.gatherReturnExceptions(loop.loop(), tasks));
      loop.close();
    }
  }

  /// One operation: the deadline of a connection's timeout is moved on, as a server does with each
  /// message, and its share of the tick in which 1,000 connections get a message each.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void pushBack(Connections connections) {
    for (int i = 0; i < CALLS / Connections.COUNT; i++) {
      connections.receiveOneEach();
    }
  }

  /// A Netty event loop that the benchmark's thread owns, with a timer on it.
  @State(Scope.Thread)
  public static class OnEventLoop {
    private final Runnable expired = this::expire;
    private ManualIoEventLoop eventLoop;
    private ScheduledFuture<?> timer;

    @Setup
    public void start() {
      eventLoop = ManualEventLoops.create();
      timer = schedule();
    }

    private ScheduledFuture<?> schedule() {
      return eventLoop.schedule(expired, TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    private void expire() {
      throw new IllegalStateException("nothing takes so long here");
    }

    void pushBack() {
      timer.cancel(false);
      timer = schedule();
    }

    @TearDown
    public void close() {
      ManualEventLoops.close(eventLoop);
    }
  }

  /// One operation: `cancel` and `schedule`, on the event loop's thread.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void nettyPushBack(OnEventLoop netty) {
    for (int i = 0; i < CALLS; i++) {
      netty.pushBack();
    }
  }

  /// A channel whose pipeline looks for idle time and drops what it reads.
  @State(Scope.Thread)
  public static class IdleChannel {
    private EmbeddedChannel channel;

    @Setup
    public void open(Blackhole messages) {
      var sink =
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
              messages.consume(message);
            }
          };
      channel =
          new EmbeddedChannel(new IdleStateHandler(TIMEOUT_SECONDS, 0, 0, TimeUnit.SECONDS), sink);
    }

    void read(Object message) {
      channel.pipeline().fireChannelRead(message).fireChannelReadComplete();
    }

    @TearDown
    public void close() {
      channel.finishAndReleaseAll();
    }
  }

  /// One operation: one message, alone in its read, goes through a pipeline with an
  /// [IdleStateHandler], which notes the time; the way through the pipeline is included.
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void nettyIdleTouch(IdleChannel idle) {
    for (int i = 0; i < CALLS; i++) {
      idle.read(this);
    }
  }

  /// How many sleep at a time, and what processor time they take.
  @State(Scope.Thread)
  public static class Sleepers {
    @Param({"1000", "10000"})
    public int tasks;

    private final CpuTime cpu = new CpuTime();

    @Setup(Level.Iteration)
    public void reset() {
      cpu.reset();
    }

    int each() {
      return SLEEPS / tasks;
    }
  }

  /// One operation: one of many tasks sleeps for a millisecond.
  @Benchmark
  @OperationsPerInvocation(SLEEPS)
  public void sleepExpire(OneLoop loop, Sleepers sleepers) {
    Coro.Action body =
        () -> {
          for (int i = 0; i < sleepers.each(); i++) {
            Asyncio.sleep(SHORT);
          }
        };
    sleepers.cpu.begin();
    loop.run(() ->
        TaskGroup.run(group -> {
          for (int i = 0; i < sleepers.tasks; i++) {
            group.createTask(body);
          }
        }));
    sleepers.cpu.end(SLEEPS);
  }

  /// One operation: one of many virtual threads of the JDK's sleeps for a millisecond.
  @Benchmark
  @OperationsPerInvocation(SLEEPS)
  public void jdkSleepExpire(Sleepers sleepers) throws Exception {
    Coro.Action body =
        () -> {
          for (int i = 0; i < sleepers.each(); i++) {
            Thread.sleep(SHORT);
          }
        };
    sleepers.cpu.begin();
    JdkThreads.runMany(sleepers.tasks, body);
    sleepers.cpu.end(SLEEPS);
  }
}
