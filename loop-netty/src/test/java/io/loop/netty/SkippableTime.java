package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// A loop on real sockets whose clock a test moves on: limits of hours, and no waiting for them.
///
/// Timers of Netty's own, such as those of TLS, stay in real time.
public final class SkippableTime implements Poller {

  private final Poller netty;
  private final AtomicLong skippedNanos = new AtomicLong();

  public SkippableTime(Transport transport) {
    this.netty = new NettyPoller(transport);
  }

  /// Moves the clock on, and lets the loop run what has become due and what follows from it.
  public void skip(Duration time) {
    skippedNanos.addAndGet(time.toNanos());
    OnNetty.polls(2);
  }

  @Override
  public void open(PolledLoop loop) {
    netty.open(loop);
  }

  @Override
  public void enclose(Runnable run) {
    netty.enclose(run);
  }

  @Override
  public void poll(long waitNanos) {
    netty.poll(waitNanos);
  }

  @Override
  public void wakeup() {
    netty.wakeup();
  }

  @Override
  public long nanoTime() {
    return netty.nanoTime() + skippedNanos.get();
  }

  @Override
  public boolean isHostThread() {
    return netty.isHostThread();
  }

  @Override
  public void close() {
    netty.close();
  }

  public interface Body {
    void run(SkippableTime time) throws Exception;
  }

  public static void run(Transport transport, Body body) {
    var time = new SkippableTime(transport);
    Asyncio.run(
        Coro.of(() -> runWithin(time, body)),
        Runner.Options.DEFAULT.withoutSignals().withLoopFactory(() -> Loop.create(time)));
  }

  /// The limit is in real time, so it is not the loop's.
  private static void runWithin(SkippableTime time, Body body) throws Exception {
    Loop loop = Loop.running();
    Task<?> main = Task.current();
    var ended = new CompletableFuture<Void>();
    var _ =
        ended
            .orTimeout(OnNetty.PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .exceptionally(late -> {
              loop.callSoonThreadsafe(() -> main.cancel("not ended within " + OnNetty.PATIENCE));
              return null;
            });
    try {
      body.run(time);
    } finally {
      ended.complete(null);
    }
  }
}
