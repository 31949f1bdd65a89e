package io.loop.netty;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
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

/// A Netty event loop that one of our loops drives.
final class OwnedEventLoop extends ManualIoEventLoop {

  /*
   *   OPEN --end(), or Netty's shutdown is noticed--> ENDING --finish()--> CLOSING --> terminated
   *
   * ENDING: the run of our loop has been cancelled, and its tasks clean up, which takes input and output.
   * CLOSING: the tasks have ended and our loop is closed; now Netty closes the channels, keeps its quiet
   * period, and ends. `asked` tells OPEN and ENDING apart, `closing` the rest.
   *
   * Netty's shutdown methods are final, and from such a call on its run() does no input and output: it
   * closes the channels and ends. Before that it asks for scheduled tasks, and there it is stopped until
   * we are closing. Meanwhile we drive the handler ourselves, as run() would. What keeps the handler from
   * sleeping is Netty's queue of tasks, which the same method gets. A task that is added wakes the handler
   * whatever the state; wakeup() does not, so the handler is woken directly.
   *
   * `asked`, `closing` and Netty's own state are for any thread, all else is the host's.
   */

  /// How an event loop is to end.
  ///
  /// @param quietNanos for how long no task must have come before it ends
  /// @param limitNanos how long the whole may take at most; or [#NO_LIMIT]
  /// @param startNanos when it was asked for, by the event loop's clock
  private record Ending(long quietNanos, long limitNanos, long startNanos) {

    long leftNanos(long nowNanos) {
      return hasLimit() ? Math.max(0, limitNanos - (nowNanos - startNanos)) : NO_LIMIT;
    }

    boolean hasLimit() {
      return limitNanos != NO_LIMIT;
    }
  }

  /// Thrown where Netty is about to destroy what is still needed.
  private static final class StillNeeded extends RuntimeException {
    private static final long serialVersionUID = 1;

    StillNeeded() {
      super("the event loop is still needed", null, false, false);
    }
  }

  /// Remembers the handler that Netty has made, and keeps to itself.
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

  /// What Netty's run() tells the handler, while we drive it ourselves.
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

  private final Loop loop;
  private final OwnedHandler handler;
  private final AtomicReference<@Nullable Ending> asked = new AtomicReference<>();
  private volatile boolean closing;
  private @Nullable Queue<Runnable> tasks; // Netty's; known from the first run on
  private boolean inRun;
  private boolean timeIsUp;

  OwnedEventLoop(
      @Nullable IoEventLoopGroup parent,
      Loop loop,
      Transport transport,
      IoHandlerFactory handlers) {
    this(parent, loop, new Remembering(handlers, transport));
  }

  private OwnedEventLoop(@Nullable IoEventLoopGroup parent, Loop loop, Remembering handlers) {
    super(parent, null, handlers); // the thread is set when the loop first runs
    this.loop = loop;
    this.handler = Objects.requireNonNull(handlers.made);
  }

  Loop loop() {
    return loop;
  }

  /// {@return whether the handler is at work, and has called what asks} Host only.
  boolean isPolling() {
    return handler.isRunning();
  }

  /// Does the input and output there is, and runs Netty's tasks; host only.
  ///
  /// @param waitNanos how long to wait if there is nothing; 0 for no limit, -1 not to wait
  /// @param taskNanos how long to run tasks
  void poll(long waitNanos, long taskNanos) {
    if (timeIsUp) {
      loop.stop(); // this run, and each later one that is to end the loop; nor does it wait now
    }
    if (!isShuttingDown() || tasks == null) { // the first run() initializes the handler
      tryToRun(waitNanos, taskNanos);
    } else {
      int _ = handler.run(new Driving(waitNanos));
      int _ = runNonBlockingTasks(taskNanos);
    }
    if (isShuttingDown()) {
      end(0, NO_LIMIT); // Netty keeps its own limits to itself, and applies them in finish()
    }
  }

  private void tryToRun(long waitNanos, long taskNanos) {
    inRun = true;
    try {
      int _ = run(waitNanos, taskNanos);
    } catch (StillNeeded shutdown) {
      // what it has not done, the next poll does
    } finally {
      inRun = false;
    }
  }

  /// Netty's run() calls this before each look at its tasks; first of all when it is shutting down.
  @Override
  protected boolean fetchFromScheduledTaskQueue(Queue<Runnable> taskQueue) {
    tasks = taskQueue;
    if (inRun && !closing && isShuttingDown()) {
      throw new StillNeeded();
    }
    return super.fetchFromScheduledTaskQueue(taskQueue);
  }

  /// Has the loop's run cancelled: whoever runs it closes it then. Any thread; the first call
  /// counts.
  ///
  /// @param quietNanos for how long no task must have come before it ends
  /// @param limitNanos how long the whole may take at most; or [#NO_LIMIT]
  void end(long quietNanos, long limitNanos) {
    if (asked.get() != null) {
      return;
    }
    var ending = new Ending(quietNanos, limitNanos, ticker().nanoTime());
    if (asked.compareAndSet(null, ending)) {
      try {
        loop.callSoonThreadsafe(() -> cancelRun(ending));
      } catch (IllegalStateException closed) {
        // it has ended already
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

  /// Lets Netty close the channels that are left, and end; host only.
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

  /// Asked by the transport after it has published that it is about to sleep: what was submitted
  /// before must keep it awake.
  @Override
  protected boolean canBlock() {
    return loop.mayBlock();
  }
}
