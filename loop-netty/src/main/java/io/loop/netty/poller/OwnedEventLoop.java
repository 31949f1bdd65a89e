package io.loop.netty.poller;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.PolledLoop;
import io.loop.netty.served.Clients;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A Netty event loop that a loop drives.
public final class OwnedEventLoop extends ManualIoEventLoop {

  /*
   *   OPEN --end(), or Netty's shutdown is noticed--> ENDING --finish()--> CLOSING --> terminated
   *
   * ENDING: the run of the loop was cancelled, and its tasks clean up, which needs input and
   * output. CLOSING: the tasks have ended and the loop is closed; now Netty closes the channels,
   * keeps its quiet period, and terminates. `asked` distinguishes OPEN and ENDING, `closing` the
   * rest.
   *
   * Netty's shutdown methods are final. After such a call, run() does no input and output: it
   * closes the channels and ends. Before that it asks for scheduled tasks, and there it is stopped
   * until CLOSING. In the meantime this class drives the handler itself, as run() would. Netty's
   * queue of tasks, which the same method gets, keeps the handler from sleeping. Adding a task
   * wakes the handler in every state; wakeup() does not, so the handler is woken directly.
   *
   * `asked`, `closing` and Netty's own state are for any thread; all other fields belong to the
   * host.
   */

  /// How an event loop is to end.
  ///
  /// @param quietNanos how long no task may arrive before it ends
  /// @param limitNanos the time limit for the whole; or [#NO_LIMIT]
  /// @param startNanos when it was requested, on the event loop's clock
  private record Ending(long quietNanos, long limitNanos, long startNanos) {

    long leftNanos(long nowNanos) {
      return hasLimit() ? Math.max(0, limitNanos - (nowNanos - startNanos)) : NO_LIMIT;
    }

    boolean hasLimit() {
      return limitNanos != NO_LIMIT;
    }
  }

  /// Thrown when Netty is about to destroy the event loop while it is still needed.
  private static final class StillNeeded extends RuntimeException {
    private static final long serialVersionUID = 1;

    StillNeeded() {
      super("the event loop is still needed", null, false, false);
    }
  }

  /// Keeps a reference to the handler that Netty creates and does not expose.
  private static final class Remembering implements IoHandlerFactory {
    private final IoHandlerFactory factory;
    private final Transport transport;
    private @Nullable OwnedHandler made;

    Remembering(IoHandlerFactory factory, Transport transport) {
      this.factory = factory;
      this.transport = transport;
    }

    @Override
    public IoHandler newHandler(ThreadAwareExecutor executor) {
      var handler = new OwnedHandler(factory.newHandler(executor), transport == Transport.IO_URING);
      made = handler;
      return handler;
    }
  }

  /// The context that Netty's run() would pass to the handler, for when this class drives it.
  private final class Driving implements IoHandlerContext {
    private final long waitNanos; // as in run()

    Driving(long waitNanos) {
      this.waitNanos = waitNanos;
    }

    private long mostNanos() {
      return waitNanos == 0 ? Long.MAX_VALUE : waitNanos;
    }

    @Override
    public boolean canBlock() {
      return waitNanos >= 0
          && Objects.requireNonNull(tasks).isEmpty()
          && !hasScheduledTasks()
          && OwnedEventLoop.this.canBlock();
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return waitNanos < 0
          ? 0
          : Math.min(mostNanos(), OwnedEventLoop.this.delayNanos(currentTimeNanos, mostNanos()));
    }

    @Override
    public long deadlineNanos() {
      long next = nextScheduledTaskDeadlineNanos();
      if (waitNanos == 0) {
        return next;
      }
      long now = ticker().nanoTime();
      long most = Math.max(0, waitNanos);
      return next == -1 || next - now > most ? now + most : next;
    }
  }

  static final long NO_LIMIT = Long.MAX_VALUE;

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PolledLoop polled;
  private final Loop loop;
  private final OwnedHandler handler;
  private final AtomicReference<@Nullable Ending> asked = new AtomicReference<>();
  private volatile boolean closing;
  private @Nullable Queue<Runnable> tasks; // Netty's; known from the first run on
  private boolean inRun;
  private boolean timeIsUp;

  OwnedEventLoop(
      @Nullable IoEventLoopGroup parent,
      PolledLoop loop,
      Transport transport,
      IoHandlerFactory handlers) {
    this(parent, loop, new Remembering(handlers, transport));
  }

  private OwnedEventLoop(
      @Nullable IoEventLoopGroup parent, PolledLoop polled, Remembering handlers) {
    super(parent, null, handlers); // the thread is set when the loop first runs
    this.polled = polled;
    this.loop = polled.loop();
    this.handler = Objects.requireNonNull(handlers.made);
  }

  public Loop loop() {
    return loop;
  }

  /// {@return whether the caller was called by the handler} Host only.
  boolean isPolling() {
    return handler.isRunning();
  }

  /// Handles pending input and output, and runs Netty's tasks; host only.
  ///
  /// @param waitNanos how long to wait if nothing is pending; 0 for no limit, -1 not to wait
  /// @param taskNanos how long to run tasks
  void poll(long waitNanos, long taskNanos) {
    if (timeIsUp) {
      // stops this run, and each later one that is to end the loop; it does not wait any more
      loop.stop();
    }
    if (!isShuttingDown() || tasks == null) { // the first run() initializes the handler
      tryToRun(waitNanos, taskNanos);
    } else {
      int _ = handler.run(new Driving(waitNanos));
      int _ = runNonBlockingTasks(taskNanos);
    }
    if (isShuttingDown()) {
      end(0, NO_LIMIT); // Netty does not expose its own limits, and applies them in finish()
    }
  }

  private void tryToRun(long waitNanos, long taskNanos) {
    inRun = true;
    try {
      int _ = run(waitNanos, taskNanos);
    } catch (StillNeeded shutdown) {
      // the next poll does the rest
    } finally {
      inRun = false;
    }
  }

  /// Netty's run() calls this each time before it runs tasks; when it is shutting down, it calls
  /// this first.
  @Override
  protected boolean fetchFromScheduledTaskQueue(Queue<Runnable> taskQueue) {
    tasks = taskQueue;
    if (inRun && !closing && isShuttingDown()) {
      throw new StillNeeded();
    }
    return super.fetchFromScheduledTaskQueue(taskQueue);
  }

  /// Cancels the loop's run; the code that runs the loop then closes it. Any thread; the first call
  /// counts.
  ///
  /// @param quietNanos how long no task may arrive before it ends
  /// @param limitNanos the time limit for the whole; or [#NO_LIMIT]
  void end(long quietNanos, long limitNanos) {
    if (asked.get() != null) {
      return;
    }
    var ending = new Ending(quietNanos, limitNanos, ticker().nanoTime());
    if (asked.compareAndSet(null, ending)) {
      try {
        loop.callSoonThreadsafe(() -> cancelRun(ending));
      } catch (IllegalStateException closed) {
        // it has already ended
      }
    }
  }

  private void cancelRun(Ending ending) {
    if (ending.hasLimit()) {
      OwnCallback late = () -> timeIsUp = true;
      var _ = loop.callLater(Duration.ofNanos(ending.leftNanos(ticker().nanoTime())), late);
    }
    if (Clients.areOn(loop)) {
      Coro<@Nullable Void> inGoodOrder =
          Coro.of(() -> {
            Clients.endHere();
            Tasks.cancelRun(loop);
          });
      Task<@Nullable Void> _ = Task.create(loop, inGoodOrder, TaskOptions.DEFAULT);
    } else {
      Tasks.cancelRun(loop);
    }
  }

  /// Lets Netty close the remaining channels and terminate; host only.
  void finish() {
    closing = true;
    Ending ending = asked.get();
    long quiet = ending == null ? 0 : ending.quietNanos;
    long left = ending == null ? NO_LIMIT : ending.leftNanos(ticker().nanoTime());
    long most = Math.min(left, Math.max(quiet, CLOSE_NANOS));
    var _ = shutdownGracefully(Math.min(quiet, most), most, TimeUnit.NANOSECONDS);
    while (!isTerminated()) {
      int _ = run(NANOS_PER_MILLI, 0);
    }
  }

  /// Ends a wait in [#poll], or the next one; any thread.
  void wake() {
    if (!closing) {
      handler.wakeup();
    }
  }

  /// The transport calls this after it has published that it is about to sleep: anything submitted
  /// before must keep it awake.
  @Override
  protected boolean canBlock() {
    return polled.mayBlock();
  }
}
