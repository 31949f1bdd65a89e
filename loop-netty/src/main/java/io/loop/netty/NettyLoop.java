package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.internal.ThreadExecutorMap;

/// Loops on Netty.
public final class NettyLoop {

  private NettyLoop() {}

  /// {@return a new loop on the transport that [Transport#best] names}
  public static Loop create() {
    return create(Transport.best());
  }

  /// {@return a new loop on a transport}
  ///
  /// @param transport the transport
  /// @throws IllegalArgumentException if this machine lacks it
  public static Loop create(Transport transport) {
    return Loop.create(new NettyPoller(transport));
  }

  /// {@return the loop that runs on an executor somebody else made: an event loop of any transport,
  /// a default or embedded one, or any other that runs one task at a time} Any thread.
  ///
  /// There is one per executor, made at the first call. It runs in turns between which the executor
  /// does its own work, cannot be run or stopped, and ends with the executor: its tasks are then
  /// cancelled. Close it on the executor's thread to end it before.
  ///
  /// Callbacks, handlers and other tasks run on the executor's own thread. Where one of them
  /// blocks, for instance for a lock, that thread can do nothing else. Coroutines of the loop that
  /// come out of a blocking call meanwhile go on on other threads, beside the rest of the callback
  /// that blocked, until they use the loop, block again or end; the loop waits for them before it
  /// runs anything else. So what a coroutine shares with callbacks needs a lock if both may block,
  /// and a coroutine must not use its loop inside a lock that a callback waits for. A task that
  /// starts eagerly starts from the ready queue if a callback makes it. None of this holds for the
  /// loops of a [LoopGroup], which is a Netty event loop group as well: use one wherever the group
  /// is your own.
  ///
  /// The executor's thread is on its loop between turns too: [Loop#running] finds it in the
  /// handlers of an event loop's channels and in its tasks, from the executor's next task on. So
  /// `createTask` works there. Code on an executor without a thread of its own names the loop.
  ///
  /// An executor without a thread of its own, such as that of an `EmbeddedChannel`, is for one
  /// thread, and holds its loop only while something is scheduled.
  ///
  /// @param executor the executor, for instance `context.executor()`
  /// @throws IllegalArgumentException if it does not run one task at a time
  /// @throws IllegalStateException if it is shutting down
  public static Loop of(EventExecutor executor) {
    return AttachedLoops.of(executor);
  }

  /// {@return the loop of the Netty event loop whose thread this is} Never suspends.
  ///
  /// In a coroutine or a callback of a loop on Netty it is that loop. On the thread of an event
  /// loop that was made elsewhere, for instance in a handler of Reactor Netty's or in a callback of
  /// Vert.x, it is the loop that [#of] attaches to it, which is made at the first call.
  ///
  /// On any other thread there is none, and this refuses: name the event loop there, as in
  /// `NettyLoop.of(channel.eventLoop())`. This holds for the executor of an `EmbeddedChannel` too,
  /// which has no thread of its own.
  ///
  /// No asyncio equivalent; `asyncio.get_running_loop` is [Loop#running].
  ///
  /// @throws IllegalStateException if this is not the thread of a Netty event loop, if the loop
  ///   that runs here does not run on Netty, or if the event loop is shutting down
  public static Loop current() {
    Loop running = Loop.runningOrNull();
    if (running != null) {
      NettyDriver _ = NettyDriver.of(running); // refuses one that is not on Netty
      return running;
    }
    EventExecutor executor = ThreadExecutorMap.currentExecutor();
    if (executor == null) {
      throw new IllegalStateException(
          "this is not the thread of a Netty event loop: "
              + Thread.currentThread()
              + "; name the event loop, as in NettyLoop.of(channel.eventLoop())");
    }
    return of(executor);
  }

  /// {@return the Netty event loop under a loop, for use with any bootstrap}
  ///
  /// Shutting it down ends the run of its loop, as a signal does: what the loop runs for is
  /// cancelled, which with `Asyncio.run` is the main task. The sockets go on working until the loop
  /// is closed, and so does the event loop; then Netty's quiet period and time-out begin. With
  /// [Loop#runForever] all tasks are cancelled, and the run ends when they have; whoever runs the
  /// loop closes it. The event loop terminates when the loop closes, and not before. `shutdown`,
  /// which Netty deprecates, does the same, but refuses the event loop's own tasks at once.
  ///
  /// What is submitted to it runs on the loop's host, the thread of the loop's callbacks, between
  /// ticks, and is not a coroutine. On NIO its handler is of a class of our own, so `isIoType` does
  /// not know it.
  ///
  /// The event loop of an attached loop is the executor that [#of] got.
  ///
  /// @param loop a loop made here, or by [Loop#create()] with this module on the path
  /// @throws IllegalStateException if it does not run on Netty, or is attached to an executor that
  ///   is no event loop with sockets
  public static IoEventLoop eventLoop(Loop loop) {
    return NettyDriver.of(loop).ioEventLoop();
  }
}
