package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;

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
  /// An executor without a thread of its own, such as that of an `EmbeddedChannel`, is for one
  /// thread, and holds its loop only while something is scheduled.
  ///
  /// @param executor the executor, for instance `context.executor()`
  /// @throws IllegalArgumentException if it does not run one task at a time
  /// @throws IllegalStateException if it is shutting down
  public static Loop of(EventExecutor executor) {
    return AttachedLoops.of(executor);
  }

  /// {@return the Netty event loop under a loop, for use with any bootstrap}
  ///
  /// What is submitted to it runs on the loop's thread, between ticks, and is not a coroutine.
  ///
  /// @param loop a loop made here, or by [Loop#create()] with this module on the path
  /// @throws IllegalStateException if it does not run on Netty
  public static IoEventLoop eventLoop(Loop loop) {
    return NettyPoller.of(loop).eventLoop();
  }
}
