package io.loop.netty;

import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The Netty side of a [LoopGroup]: event loops that our loops drive, each on a thread.
final class NettyGroup extends MultiThreadIoEventLoopGroup {

  /*
   * Netty's constructor calls newChild before our own fields are set, so what newChild needs comes
   * as an argument, and what it makes is found again through the event loops.
   */

  private NettyGroup(int size, Transport transport, long stackBytes) {
    super(size, new GroupThreads(stackBytes), transport.newHandlerFactory(), transport);
  }

  static NettyGroup start(int size, Transport transport, long stackBytes) {
    return new NettyGroup(size, transport, stackBytes);
  }

  /// Netty's threads, with a stack of a given size.
  private static final class GroupThreads extends DefaultThreadFactory {

    private final long stackBytes;

    GroupThreads(long stackBytes) {
      super("loop");
      this.stackBytes = stackBytes;
    }

    @Override
    protected Thread newThread(Runnable run, String name) {
      return new FastThreadLocalThread(threadGroup, run, name, stackBytes);
    }
  }

  @Override
  protected IoEventLoop newChild(
      Executor executor, IoHandlerFactory handlers, Object... arguments) {
    var poller = new NettyPoller((Transport) arguments[0], handlers, this);
    Loop loop = Loop.create(poller);
    var stop = new LoopFuture<@Nullable Void>(loop);
    poller.eventLoop().setStopper(() -> settle(stop));
    executor.execute(() -> drive(loop, stop));
    return poller.eventLoop();
  }

  private static void drive(Loop loop, LoopFuture<@Nullable Void> stop) {
    var options = Runner.Options.DEFAULT.withLoop(() -> loop).withoutSignals().onCallersThread();
    try (var runner = new Runner(options)) {
      runner.run(stop);
    }
  }

  private static void settle(LoopFuture<@Nullable Void> stop) {
    if (!stop.isDone()) {
      stop.setResult(null);
    }
  }

  void stop() {
    for (EventExecutor eventLoop : this) {
      var owned = (OwnedEventLoop) eventLoop;
      if (owned.loop().isOnLoop()) {
        throw new IllegalStateException(
            "a group cannot be closed from one of its own loops; close it where it was made");
      }
      owned.stop();
    }
    for (EventExecutor eventLoop : this) {
      eventLoop.terminationFuture().syncUninterruptibly();
    }
  }
}
