package io.loop.netty;

import io.loop.event.Loop;
import io.loop.netty.poller.NettyGroup;
import io.loop.netty.poller.OwnedEventLoop;
import io.loop.netty.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;

/// Several loops on Netty, each on its own thread.
///
/// A connection that a group serves stays on one of the loops, as do the tasks it starts. Any
/// thread.
public final class LoopGroup implements AutoCloseable {

  private final NettyGroup group;

  /// Starts a group on the default transport, [Transport#best].
  ///
  /// @param size the number of loops
  /// @throws IllegalArgumentException if size is below 1
  public LoopGroup(int size) {
    this(size, Transport.best());
  }

  /// Starts a group.
  ///
  /// @param size the number of loops
  /// @param transport their transport
  /// @throws IllegalArgumentException if size is below 1, or the transport is not available on this
  ///   machine
  public LoopGroup(int size, Transport transport) {
    this(size, transport, 0);
  }

  /// Starts a group whose coroutines may recurse deeper than the JVM's default stack size allows.
  ///
  /// Coroutines and callbacks run on the stack of their loop's thread. On the portable carrier a
  /// coroutine runs on a virtual thread's own stack, and its size is `-Xss`.
  ///
  /// @param size the number of loops
  /// @param transport their transport
  /// @param stackBytes the stack size of each loop's thread in bytes, a hint to the JVM as in
  ///   [Thread#Thread(ThreadGroup, Runnable, String, long)]; 0 for the default, which is `-Xss`
  /// @throws IllegalArgumentException if size is below 1, the stack size is negative, or the
  ///   transport is not available on this machine
  public LoopGroup(int size, Transport transport, long stackBytes) {
    if (size < 1) {
      throw new IllegalArgumentException("a group needs at least one loop, not " + size);
    }
    if (stackBytes < 0) {
      throw new IllegalArgumentException("a stack cannot have " + stackBytes + " bytes");
    }
    this.group = NettyGroup.start(size, transport, stackBytes);
  }

  /// {@return the loops}
  public List<Loop> loops() {
    List<Loop> loops = new ArrayList<>();
    for (EventExecutor eventLoop : group) {
      loops.add(((OwnedEventLoop) eventLoop).loop());
    }
    return loops;
  }

  /// {@return the next loop, round-robin} Use it to spread your own tasks over the group, as in
  /// `runCoroutineThreadsafe(body, group.next())`.
  ///
  /// The connections of a server or a bootstrap on this group use the same rotation.
  public Loop next() {
    return ((OwnedEventLoop) group.next()).loop();
  }

  /// {@return the Netty event loops under the loops, for your own bootstraps}
  ///
  /// A bootstrap needs the channel type of the group's transport, as in
  /// `bootstrap.group(group.eventLoops()).channel(Transport.best().serverType())`. With the type of
  /// another transport, `bind` and `connect` fail with `incompatible event loop type`.
  ///
  /// Coroutines of their channels run on the group's loops. Shutting this group down does the same
  /// as [#close]: `shutdownGracefully` cancels the tasks and waits for them, while the sockets
  /// still work. Then the loops and their channels close, and Netty's quiet period begins, in which
  /// Netty's own tasks still run. All of this takes no longer than the timeout; tasks that have not
  /// finished by then are unwound, as by [Loop#close]. If the group is shut down more than once,
  /// the first call counts. A single event loop of the group can be shut down in the same way, but
  /// there the timeout starts when the tasks have finished.
  ///
  /// `isShuttingDown` is true for the group from the call on, but for an event loop only when its
  /// tasks have finished.
  public EventLoopGroup eventLoops() {
    return group;
  }

  /// Cancels the remaining tasks, waits for them, and stops the loops and their threads. Blocks, so
  /// it must not be called on a thread of the group. If the group is already shutting down, this
  /// waits until that is done.
  ///
  /// @throws IllegalStateException if called on one of the group's loops
  @Override
  public void close() {
    group.stop();
  }
}
