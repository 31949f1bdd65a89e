package io.loop.netty.poller;

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

/// The handler of an [OwnedEventLoop]: it is destroyed only when none of its requests is left in
/// the operating system.
///
/// Loop thread only, except [#wakeup].
public final class OwnedHandler implements IoHandler {

  /*
   * io_uring closes a channel with requests: it cancels pending requests, and closes the descriptor
   * when those have completed. Netty's prepareToDestroy queues the first of these requests, and
   * then one that waits for all earlier requests and holds back all later ones. The later ones are
   * the closing of the descriptor and the timeout of a wait. So the last bytes were lost and
   * descriptors stayed open. If one request never completed, the loop never ended. So this closes
   * all channels first, and drives the handler until no registration is left.
   *
   * A channel that reads while it closes submits a read request that Netty does not cancel.
   * Requests that are left after several polls are cancelled here.
   *
   * Netty's handler holds the valid registrations, so weak references find exactly those. Cleared
   * references are removed when their number has doubled.
   *
   * On io_uring Netty's prepareToDestroy is not called, because it would do harm. It makes the
   * handler read its wake-up descriptor again, after the request that holds back later ones. Such a
   * read resolves its descriptor when it is released, which may be after the ring was closed. The
   * number may then belong to the next event loop's wake-up descriptor, and the read would steal a
   * wake-up from there.
   *
   * A wake-up is written to a descriptor that io_uring reads into memory, and both are freed at the
   * end. A late one would go to whatever has the number or the memory then. So wake-ups end before
   * the last requests have completed. `waking` counts the threads in wakeup(). CLOSED is added when
   * no more are allowed: a thread that finds the sum negative leaves.
   */

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final int FEW = 64;
  private static final int LOOKS = 10;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Polls for completed requests, and waits a little for one if channels are left.
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

  /// A registered channel: its handle and its registration.
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

  /// @param takesRequests whether its channels submit requests to the kernel, as with io_uring
  public OwnedHandler(IoHandler handler, boolean takesRequests) {
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
      Thread.onSpinWait(); // they are in a short system call
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

  /// {@return whether the caller was called by this handler}
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

  /// Netty calls this until its quiet period is over, and then destroy().
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
      // a copy: connections are still accepted
      List.copyOf(registrations).forEach(Registered::close);
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
