package io.loop.netty;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.SystemExit;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Drives a loop with a Netty event loop of its own.
///
/// Found by [java.util.ServiceLoader], so loops run on Netty where loop-netty is on the path. The
/// event loop belongs to the loop's host, whose carrier is the thread on which the loop first runs;
/// any Netty bootstrap can use it.
public final class NettyPoller extends NettyDriver {

  /*
   * A poll has three parts: hand what coroutines wrote to Netty and flush it, once per connection;
   * let the event loop do its input and output, waiting if we may; run the tasks that other code
   * submitted to the event loop. Flushing here, before the wait, is what makes it once per batch of
   * ticks, and keeps every Netty call on the loop's own thread.
   *
   * Waiting: the event loop takes 0 for "for ever" and a negative number for "do not", and NIO spins
   * on a remainder below half a millisecond, so waits are rounded up to whole ones.
   */

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long TASK_NANOS = 1_000_000;

  private final Transport transport;
  private final IoHandlerFactory handlers;
  private final @Nullable IoEventLoopGroup group;
  private @Nullable OwnedEventLoop eventLoop;
  private @Nullable Thread owner;
  private boolean hasThread;
  private boolean runFailed;

  /// Makes a poller on the transport that [Transport#best] names.
  public NettyPoller() {
    this(Transport.best());
  }

  /// Makes a poller on a transport.
  ///
  /// @param transport the transport
  /// @throws IllegalArgumentException if this machine lacks it
  public NettyPoller(Transport transport) {
    this(transport, transport.newHandlerFactory(), null);
  }

  NettyPoller(Transport transport, IoHandlerFactory handlers, @Nullable IoEventLoopGroup group) {
    this.transport = transport;
    this.handlers = handlers;
    this.group = group;
  }

  @Override
  OwnedEventLoop executor() {
    return eventLoop();
  }

  @Override
  boolean isPolling() {
    return eventLoop().isPolling();
  }

  @Override
  Transport transport() {
    return transport;
  }

  OwnedEventLoop eventLoop() {
    return Objects.requireNonNull(eventLoop, "open() comes first");
  }

  @Override
  public void open(Loop loop) {
    boolean waitsOnCarrier = transport == Transport.NIO && loop.hasHost();
    eventLoop =
        new OwnedEventLoop(
            group,
            loop,
            transport,
            waitsOnCarrier ? NioWaiting.newFactory(loop, this::nanoTime) : handlers);
    eventLoop.execute(NettyPoller::primeAllocator);
    register(loop);
  }

  /// A thread's first buffer decides, for good, whether it gets an allocator cache of its own; and
  /// it does only inside the event loop.
  private static void primeAllocator() {
    ByteBufAllocator.DEFAULT.heapBuffer(1).release();
    ByteBufAllocator.DEFAULT.directBuffer(1).release();
  }

  /// The event loop belongs to the thread that polls: the host of the loop, or the loop's own.
  @Override
  public void enclose(Runnable run) {
    if (!hasThread) {
      hasThread = true;
      eventLoop().setOwningThread(Thread.currentThread());
    }
    withThreadLocals(run);
  }

  /// Netty's thread locals and allocator caches need a thread that cleans up after them.
  private static void withThreadLocals(Runnable run) {
    if (FastThreadLocalThread.currentThreadWillCleanupFastThreadLocals()) {
      run.run();
    } else {
      FastThreadLocalThread.runWithFastThreadLocal(run);
    }
  }

  /// A transport may tie itself to the thread of the operating system that first used it.
  @Override
  public void enter() {
    Thread current = Thread.currentThread();
    if (owner == null) {
      owner = current;
    } else if (owner != current) {
      throw new IllegalStateException(
          "this loop belongs to " + owner + ", where it first ran; run it and close it there");
    }
  }

  @Override
  public void poll(long waitNanos) {
    runEventLoop(flushDirty() ? 0 : waitNanos);
  }

  /// Netty reports what a channel throws while it is read. What comes out nevertheless, for want of
  /// memory mostly, leaves the other channels' events where they are: the next run finds them.
  private void runEventLoop(long waitNanos) {
    try {
      eventLoop().poll(nettyWait(waitNanos), TASK_NANOS);
      runFailed = false;
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      runFailed(fault);
    }
  }

  private void runFailed(Throwable fault) {
    try {
      MemoryReserve.useAfter(fault);
      Loop loop = eventLoop().loop();
      PeerReports.report(loop, "Exception in the Netty event loop", fault, "loop", loop);
      if (runFailed) {
        LockSupport.parkNanos(NANOS_PER_MILLI); // it may go on failing
      }
    } catch (OutOfMemoryError | LinkageError full) {
      // a class could not be loaded; what goes on failing is reported later
    }
    runFailed = true;
  }

  private static long nettyWait(long waitNanos) {
    if (waitNanos <= 0) {
      return -1;
    }
    if (waitNanos == Long.MAX_VALUE) {
      return 0;
    }
    return Math.ceilDiv(waitNanos, NANOS_PER_MILLI) * NANOS_PER_MILLI;
  }

  @Override
  public void wakeup() {
    eventLoop().wake();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /// Closes the channels that are left, and the event loop.
  @Override
  public void close() {
    eventLoop().finish();
  }
}
