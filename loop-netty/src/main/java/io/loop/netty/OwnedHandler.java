package io.loop.netty;

import static java.lang.System.Logger.Level.WARNING;

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

/// The handler of an event loop of ours: it is destroyed when nothing of it is left in the
/// operating system.
///
/// Loop thread only, but for [#wakeup].
final class OwnedHandler implements IoHandler {

  /*
   * io_uring closes a channel by requests: it cancels what is on its way, and closes the descriptor when
   * that has been answered. Netty's prepareToDestroy queues the first of these requests, and then one
   * that waits for all earlier requests and holds back all later ones. The later ones are the closing of
   * the descriptor and the time limit of a wait. So the last bytes were lost and descriptors stayed open.
   * If one request was never answered, the loop never ended. So we close all channels first, and drive
   * the handler until no registration is left.
   *
   * A channel that reads while it closes makes a request for input that Netty does not cancel. We cancel
   * what is left after some looks.
   *
   * Netty's handler holds the registrations that are valid, so weak references find them and keep no
   * other. They are sifted when their number has doubled.
   *
   * On io_uring that is all: Netty's prepareToDestroy would do harm. It has the handler read its wake-up
   * descriptor again, behind the request that holds back later ones. Such a read looks its descriptor
   * up when it is let go, which may be after the ring was closed. By then the number may be that of the
   * next event loop's wake-up descriptor, and the read takes a wake-up from there, for good.
   *
   * A wake-up is written to a descriptor that io_uring reads into memory, and both are freed at the
   * end. A late one would go to whatever has the number, or the memory, by then. So wake-ups end before
   * the last requests are answered. `waking` counts the threads that are in wakeup(), and has CLOSED
   * added when no more may come: a thread that finds the sum negative leaves again.
   */

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final int FEW = 64;
  private static final int LOOKS = 10;
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

  /// A channel, by its two sides.
  private static final class Registered {
    private final WeakReference<IoRegistration> registration;
    private final WeakReference<IoHandle> handle;
    private boolean closed;

    Registered(IoRegistration registration, IoHandle handle) {
      this.registration = new WeakReference<>(registration);
      this.handle = new WeakReference<>(handle);
    }

    boolean isValid() {
      IoRegistration found = registration.get();
      return found != null && found.isValid();
    }

    void close() {
      IoHandle found = handle.get();
      if (closed || found == null || !isValid()) {
        return;
      }
      closed = true;
      try {
        found.close();
      } catch (Exception fault) {
        // Netty closes it again, and logs this
      }
    }

    void cancelRequests() {
      IoRegistration found = registration.get();
      if (found != null && found.isValid()) {
        long _ = found.submit(UringRequests.cancelAll());
      }
    }
  }

  private final IoHandler handler;
  private final boolean takesRequests;
  private final Ticker ticker = Ticker.systemTicker();
  private final AtomicInteger waking = new AtomicInteger();
  private List<Registered> registrations = new ArrayList<>();
  private int most = FEW;
  private boolean running;
  private boolean closing;

  /// @param takesRequests whether its channels ask the kernel by requests, which is io_uring
  OwnedHandler(IoHandler handler, boolean takesRequests) {
    this.handler = handler;
    this.takesRequests = takesRequests;
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
    running = true;
    try {
      return handler.run(context);
    } finally {
      running = false;
    }
  }

  /// {@return whether it is at work, and has called what asks}
  boolean isRunning() {
    return running;
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    if (closing) {
      throw new IllegalStateException("the event loop is shutting down");
    }
    IoRegistration registration = handler.register(handle);
    if (registrations.size() >= most) {
      registrations.removeIf(registered -> !registered.isValid());
      most = Math.max(FEW, 2 * registrations.size());
    }
    registrations.add(new Registered(registration, handle));
    return registration;
  }

  private boolean hasRegistrations() {
    return registrations.stream().anyMatch(Registered::isValid);
  }

  /// Netty calls this until its quiet period is over, and then destroys.
  @Override
  public void prepareToDestroy() {
    endWakeups();
    closing = true;
    closeAll();
    if (!takesRequests) {
      handler.prepareToDestroy();
    }
  }

  private void closeAll() {
    var look = new Look();
    long start = ticker.nanoTime();
    int looks = 0;
    do {
      List.copyOf(registrations).forEach(Registered::close); // a copy: accepting goes on
      int _ = handler.run(look);
      looks++;
      if (looks % LOOKS == 0 && takesRequests) {
        registrations.forEach(Registered::cancelRequests);
      }
    } while (hasRegistrations() && ticker.nanoTime() - start < MOST_NANOS);
    if (hasRegistrations()) {
      System.getLogger("io.loop")
          .log(WARNING, "Channels did not close with their event loop; the descriptors stay open");
    }
  }

  @Override
  public void destroy() {
    registrations = new ArrayList<>();
    handler.destroy();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return handler.isCompatible(type);
  }
}
