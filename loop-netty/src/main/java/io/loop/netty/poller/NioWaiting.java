package io.loop.netty.poller;

import io.loop.event.MemoryReserve;
import io.loop.event.PolledLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The NIO handler for an event loop that belongs to a virtual thread: it waits on the carrier.
///
/// In a virtual thread the JDK's selector does not wait in the system call. It parks, and a JDK
/// thread polls it, which costs two more thread switches for each wait.
final class NioWaiting implements IoHandler {

  /*
   * Netty's own handler only ever selects without waiting. The wait passes ready keys to an action
   * that does nothing, and selects none, because Netty may have put its own set of selected keys
   * into the JDK's selector. Readiness is level-triggered, so Netty's handler finds the keys again.
   *
   *   event loop                        other thread
   *   asleep = true                     submits something
   *   context.canBlock()?               asleep?  then the selector is woken
   *
   * Each side stores, then loads, with volatile accesses, so they cannot both miss. Netty's own
   * flag for this is not used: only a handler that waits resets it.
   *
   * The selector is found through the provider, because Netty creates a new one if it believes that
   * the old one spins.
   *
   * The JDK's selector takes a changed key off its list, and then needs memory to update the
   * system. If there is none, it forgets the key. That connection gets no more events, not even its
   * end, so its memory is never freed. So after an OutOfMemoryError this selects without waiting,
   * and once that has succeeded, puts every key onto the list again.
   */

  private static final long NANOS_PER_MILLI = 1_000_000;

  /// The JDK's provider; remembers the latest selector.
  private static final class Selectors extends SelectorProvider {
    private final SelectorProvider jdk = SelectorProvider.provider();
    private volatile @Nullable Selector latest;

    @Override
    public AbstractSelector openSelector() throws IOException {
      AbstractSelector opened = jdk.openSelector();
      latest = opened;
      return opened;
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
      return jdk.openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
      return jdk.openDatagramChannel(family);
    }

    @Override
    public Pipe openPipe() throws IOException {
      return jdk.openPipe();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
      return jdk.openServerSocketChannel();
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
      return jdk.openSocketChannel();
    }
  }

  /// Like the context it wraps, but without time to wait.
  private static final class LookOnly implements IoHandlerContext {
    private final IoHandlerContext context;

    LookOnly(IoHandlerContext context) {
      this.context = context;
    }

    @Override
    public boolean canBlock() {
      return false;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return 0;
    }

    @Override
    public long deadlineNanos() {
      return context.deadlineNanos();
    }

    @Override
    public void reportActiveIoTime(long activeNanos) {
      context.reportActiveIoTime(activeNanos);
    }

    @Override
    public boolean shouldReportActiveIoTime() {
      return context.shouldReportActiveIoTime();
    }
  }

  private final Selectors selectors;
  private final IoHandler handler;
  private final ThreadAwareExecutor executor;
  private final PolledLoop loop;
  private final LongSupplier clock;
  private final AtomicBoolean asleep = new AtomicBoolean();
  private boolean mayHaveForgotten;
  private boolean reserveUsed;

  private NioWaiting(
      Selectors selectors,
      IoHandler handler,
      ThreadAwareExecutor executor,
      PolledLoop loop,
      LongSupplier clock) {
    this.selectors = selectors;
    this.handler = handler;
    this.executor = executor;
    this.loop = loop;
    this.clock = clock;
  }

  static IoHandlerFactory newFactory(PolledLoop loop, LongSupplier clock) {
    return executor -> {
      var selectors = new Selectors();
      IoHandler handler = NioIoHandler.newFactory(selectors).newHandler(executor);
      return new NioWaiting(selectors, handler, executor, loop, clock);
    };
  }

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    if (reserveUsed != MemoryReserve.isUsed()) {
      reserveUsed = !reserveUsed;
      mayHaveForgotten = true; // a handler may have caught and reported one
    }
    try {
      if (mayHaveForgotten) {
        int events = handler.run(new LookOnly(context));
        renewInterest();
        return events;
      }
      return waitAndLook(context);
    } catch (OutOfMemoryError full) {
      mayHaveForgotten = true;
      throw full;
    }
  }

  private int waitAndLook(IoHandlerContext context) {
    asleep.set(true);
    if (context.canBlock()) {
      long delay = context.delayNanos(clock.getAsLong());
      if (delay > 0) {
        loop.callOnCarrier(() -> select(delay));
      }
    }
    asleep.set(false);
    return handler.run(new LookOnly(context));
  }

  /// Puts all keys onto the selector's list again. This has no effect for keys that the system
  /// knows.
  private void renewInterest() {
    for (SelectionKey key : Objects.requireNonNull(selectors.latest).keys()) {
      if (key.isValid()) {
        renewInterest(key);
      }
    }
    mayHaveForgotten = false;
  }

  private static void renewInterest(SelectionKey key) {
    int interest = key.interestOps();
    try {
      var _ = key.interestOps(0);
    } finally {
      var _ = key.interestOps(interest);
    }
  }

  /// Waits; on the carrier.
  private boolean select(long delayNanos) {
    Selector selector = Objects.requireNonNull(selectors.latest);
    try {
      if (delayNanos == Long.MAX_VALUE) {
        int _ = selector.select(NioWaiting::selectNone);
      } else {
        int _ = selector.select(NioWaiting::selectNone, Math.ceilDiv(delayNanos, NANOS_PER_MILLI));
      }
      return Thread.interrupted(); // the flag would end every later wait
    } catch (IOException fault) {
      // Netty's handler selects next, gets the same failure, and creates a new selector
      return false;
    }
  }

  /// It only matters that a key is ready.
  private static void selectNone(SelectionKey ready) {}

  @Override
  public void prepareToDestroy() {
    handler.prepareToDestroy();
  }

  @Override
  public void destroy() {
    handler.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(handle);
  }

  @Override
  public void wakeup() {
    if (!executor.isExecutorThread(Thread.currentThread()) && asleep.compareAndSet(true, false)) {
      Selector waiting = selectors.latest;
      if (waiting != null) {
        Selector _ = waiting.wakeup();
      }
    }
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return handler.isCompatible(type);
  }
}
