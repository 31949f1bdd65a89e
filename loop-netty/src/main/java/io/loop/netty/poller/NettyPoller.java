package io.loop.netty.poller;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.PolledLoop;
import io.loop.event.SystemExit;
import io.loop.netty.base.PeerReports;
import io.loop.netty.transport.Transport;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Drives a loop with its own Netty event loop.
///
/// [java.util.ServiceLoader] finds this class, so loops run on Netty if loop-netty is on the class
/// or module path. The event loop belongs to the loop's host, whose carrier is the thread on which
/// the loop first runs. Any Netty bootstrap can use it.
public final class NettyPoller extends NettyDriver {

  /*
   * A poll has three parts: pass what coroutines wrote to Netty and flush it, once per connection;
   * let the event loop do its input and output, and wait if that is allowed; run the tasks that
   * other code submitted to the event loop. Flushing here, before the wait, gives one flush per
   * batch of ticks, and keeps every Netty call on the loop's own thread.
   *
   * Waiting: to the event loop 0 means "forever" and a negative number "do not wait". NIO spins on
   * a remainder below half a millisecond, so waits are rounded up to whole milliseconds.
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

  /// Creates a poller on the default transport, [Transport#best].
  public NettyPoller() {
    this(Transport.best());
  }

  /// Creates a poller on a transport.
  ///
  /// @param transport the transport
  /// @throws IllegalArgumentException if the transport is not available on this machine
  public NettyPoller(Transport transport) {
    this(transport, EventLoops.newHandlerFactory(transport), null);
  }

  public NettyPoller(
      Transport transport, IoHandlerFactory handlers, @Nullable IoEventLoopGroup group) {
    this.transport = transport;
    this.handlers = handlers;
    this.group = group;
  }

  @Override
  public OwnedEventLoop executor() {
    return eventLoop();
  }

  @Override
  public boolean isPolling() {
    return eventLoop().isPolling();
  }

  @Override
  public Transport transport() {
    return transport;
  }

  OwnedEventLoop eventLoop() {
    return Objects.requireNonNull(eventLoop, "open() comes first");
  }

  @Override
  public void open(PolledLoop opened) {
    Loop loop = opened.loop();
    boolean waitsOnCarrier = transport == Transport.NIO && loop.hasHost();
    eventLoop =
        new OwnedEventLoop(
            group,
            opened,
            transport,
            waitsOnCarrier ? NioWaiting.newFactory(opened, this::nanoTime) : handlers);
    eventLoop.execute(NettyPoller::primeAllocator);
    register(loop);
  }

  /// A thread's first buffer decides permanently whether the thread gets its own allocator cache.
  /// It gets one only inside the event loop.
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

  /// Netty's thread locals and allocator caches need a thread that cleans them up.
  private static void withThreadLocals(Runnable run) {
    if (FastThreadLocalThread.currentThreadWillCleanupFastThreadLocals()) {
      run.run();
    } else {
      FastThreadLocalThread.runWithFastThreadLocal(run);
    }
  }

  /// A transport may be bound to the operating-system thread that first used it.
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

  /// Netty reports what a channel throws while it is read. If an exception is thrown here
  /// nevertheless, mostly for lack of memory, the other channels' events are not lost: the next run
  /// finds them.
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
        LockSupport.parkNanos(NANOS_PER_MILLI); // it may fail again and again
      }
    } catch (OutOfMemoryError | LinkageError full) {
      // a class could not be loaded; if it keeps failing, that is reported later
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

  /// Closes the remaining channels and the event loop.
  @Override
  public void close() {
    eventLoop().finish();
  }
}
