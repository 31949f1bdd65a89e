package io.loop.netty.poller;

import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.Future;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The Netty side of a `LoopGroup`: event loops that loops drive, each on its own thread.
public final class NettyGroup extends MultiThreadIoEventLoopGroup {

  /*
   * Netty's constructor calls newChild before the fields of this class are set. So what newChild
   * needs is passed as an argument, and the loops it creates are found through the event loops.
   *
   * Shutting the group down always ends its loops first: their tasks are cancelled and waited for.
   * Then each event loop goes through Netty's shutdown, and is shutting down for Netty only from
   * then on. The group is shutting down from the call on.
   */

  private final Transport transport;
  private volatile boolean ending;
  private volatile boolean shutdown;

  private NettyGroup(int size, Transport transport, long stackBytes) {
    super(size, new GroupThreads(stackBytes), EventLoops.newHandlerFactory(transport), transport);
    this.transport = transport;
  }

  public static NettyGroup start(int size, Transport transport, long stackBytes) {
    return new NettyGroup(size, transport, stackBytes);
  }

  /// {@return the event loops of a group, for channels of a transport}
  ///
  /// @param eventLoops of a `LoopGroup`
  /// @throws IllegalArgumentException if the group is on another transport
  public static EventLoopGroup of(EventLoopGroup eventLoops, Transport wanted) {
    Transport transport = ((NettyGroup) eventLoops).transport;
    if (wanted != transport) {
      throw new IllegalArgumentException(
          "the transport of the group is "
              + transport
              + ", that of the listening loop is "
              + wanted
              + "; create both on the same transport");
    }
    return eventLoops;
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
    executor.execute(() -> drive(loop));
    return poller.eventLoop();
  }

  private static void drive(Loop loop) {
    var options =
        Runner.Options.DEFAULT.withLoopFactory(() -> loop).withoutSignals().withoutOwnThread();
    try (var runner = new Runner(options)) {
      runner.run(new LoopFuture<@Nullable Void>(loop));
    } catch (CancelledError ended) {
      // the event loop was shut down, and has terminated by now
    }
  }

  /// Cancels the remaining tasks, gives them the timeout to finish, and shuts the event loops down
  /// after the quiet period. Any thread; does not wait. The first call counts.
  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    if (quietPeriod < 0 || timeout < quietPeriod) {
      throw new IllegalArgumentException(
          "the quiet period must not be negative, nor longer than the timeout: "
              + quietPeriod
              + " and "
              + timeout);
    }
    end(unit.toNanos(quietPeriod), unit.toNanos(timeout));
    return terminationFuture();
  }

  /// Like `LoopGroup.close`, but does not wait.
  @Deprecated
  @Override
  public void shutdown() {
    shutdown = true;
    end(0, OwnedEventLoop.NO_LIMIT);
  }

  private void end(long quietNanos, long limitNanos) {
    ending = true;
    for (EventExecutor eventLoop : this) {
      ((OwnedEventLoop) eventLoop).end(quietNanos, limitNanos);
    }
  }

  @Override
  public boolean isShuttingDown() {
    return ending || super.isShuttingDown();
  }

  @Override
  public boolean isShutdown() {
    return shutdown || super.isShutdown();
  }

  /// Shuts the group down, and waits for it to terminate.
  public void stop() {
    for (EventExecutor eventLoop : this) {
      if (((OwnedEventLoop) eventLoop).loop().isOnLoop()) {
        throw new IllegalStateException(
            "a group cannot be closed from one of its own loops; close it from another thread");
      }
    }
    end(0, OwnedEventLoop.NO_LIMIT);
    terminationFuture().syncUninterruptibly();
  }
}
