package io.loop.netty;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Ticker;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The handler of an event loop of ours: it is destroyed when nothing of it is left in the
/// operating system.
///
/// Loop thread only, but for [#wakeup].
final class OwnedHandler implements IoHandler {

  /*
   * io_uring closes a channel by requests: what is on its way is cancelled, answered, and then the
   * descriptor closed. Netty's prepareToDestroy asks for that and hardly waits. What the kernel had not
   * been given by then was lost: the last bytes that were written, and the closing itself, so that the
   * descriptor stayed open for ever and the peer saw no end. So the handler is driven until all
   * registrations are gone.
   *
   * Netty's handler holds the registrations that are valid, so weak references find them and keep no
   * other. They are sifted when their number has doubled.
   *
   * A wake-up is written to a descriptor that io_uring reads into memory, and both are freed at the
   * end. A late one would go to whatever has the number, or the memory, by then. So wake-ups end before
   * the last requests are answered. `waking` counts the threads that are in wakeup(), and has CLOSED
   * added when no more may come: a thread that finds the sum negative leaves again.
   */

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final int FEW = 64;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// A look at what has been answered, waiting for an answer a little if there are channels left.
  private final class Look implements IoHandlerContext {
    private static final long WAIT_NANOS = 1_000_000;

    @Override
    public boolean canBlock() {
      return hasRegistrations();
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return canBlock() ? WAIT_NANOS : 0;
    }

    @Override
    public long deadlineNanos() {
      return ticker.nanoTime() + WAIT_NANOS;
    }
  }

  private final IoHandler handler;
  private final Ticker ticker = Ticker.systemTicker();
  private final AtomicInteger waking = new AtomicInteger();
  private List<WeakReference<IoRegistration>> registrations = new ArrayList<>();
  private int most = FEW;

  OwnedHandler(IoHandler handler) {
    this.handler = handler;
  }

  @Override
  public void wakeup() {
    try {
      if (waking.incrementAndGet() > 0) {
        handler.wakeup();
      }
    } finally {
      waking.decrementAndGet();
    }
  }

  private void endWakeups() {
    if (waking.get() >= 0) {
      waking.addAndGet(CLOSED);
    }
    while (waking.get() != CLOSED) {
      Thread.onSpinWait(); // for a system call of theirs
    }
  }

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return handler.run(context);
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    IoRegistration registration = handler.register(handle);
    if (registrations.size() >= most) {
      registrations.removeIf(reference -> !isValid(reference.get()));
      most = Math.max(FEW, 2 * registrations.size());
    }
    registrations.add(new WeakReference<>(registration));
    return registration;
  }

  private static boolean isValid(@Nullable IoRegistration registration) {
    return registration != null && registration.isValid();
  }

  private boolean hasRegistrations() {
    return registrations.stream().anyMatch(reference -> isValid(reference.get()));
  }

  /// Netty calls this until its quiet period is over, and then destroys.
  @Override
  public void prepareToDestroy() {
    endWakeups();
    handler.prepareToDestroy();
    var look = new Look();
    long start = ticker.nanoTime();
    do {
      int _ = handler.run(look);
    } while (hasRegistrations() && ticker.nanoTime() - start < MOST_NANOS);
  }

  @Override
  public void destroy() {
    registrations = List.of();
    handler.destroy();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return handler.isCompatible(type);
  }
}
