package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;

/// Several loops on Netty, each running on a thread of its own.
///
/// A connection that is given to a group, and every task it starts, stays on one of the loops. Any
/// thread.
public final class LoopGroup implements AutoCloseable {

  private final Transport transport;
  private final NettyGroup group;

  /// Starts a group on the transport that [Transport#best] names.
  ///
  /// @param size how many loops
  /// @throws IllegalArgumentException if size is below 1
  public LoopGroup(int size) {
    this(size, Transport.best());
  }

  /// Starts a group.
  ///
  /// @param size how many loops
  /// @param transport their transport
  /// @throws IllegalArgumentException if size is below 1, or this machine lacks the transport
  public LoopGroup(int size, Transport transport) {
    this(size, transport, 0);
  }

  /// Starts a group whose coroutines may recurse deeper than the JVM's default stack size allows.
  ///
  /// Coroutines and callbacks run on the stack of their loop's thread. On the portable carrier a
  /// coroutine has a stack of the JDK's, and its size is `-Xss`.
  ///
  /// @param size how many loops
  /// @param transport their transport
  /// @param stackBytes the stack size of each loop's thread in bytes, a hint to the JVM as in
  ///   [Thread#Thread(ThreadGroup, Runnable, String, long)]; 0 for the default, which is `-Xss`
  /// @throws IllegalArgumentException if size is below 1, the stack size is negative, or this
  ///   machine lacks the transport
  public LoopGroup(int size, Transport transport, long stackBytes) {
    if (size < 1) {
      throw new IllegalArgumentException("a group needs at least one loop, not " + size);
    }
    if (stackBytes < 0) {
      throw new IllegalArgumentException("a stack cannot have " + stackBytes + " bytes");
    }
    this.transport = transport;
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

  /// {@return the next of the loops, in turn} With it a program spreads tasks of its own over the
  /// group, as in `runCoroutineThreadsafe(body, group.next())`.
  ///
  /// The connections of a server or a bootstrap on this group take their turns in the same line.
  public Loop next() {
    return ((OwnedEventLoop) group.next()).loop();
  }

  /// {@return the Netty event loops under the loops, for the bootstrap of a program's own}
  ///
  /// Their coroutines run on the group's loops. Ending the group there is as good as [#close]: with
  /// `shutdownGracefully` the tasks are cancelled and waited for, with working sockets; then the
  /// loops close, the channels are closed, and Netty's quiet period begins, in which tasks of
  /// Netty's kind are still run. All this takes no longer than the time-out; tasks that have not
  /// ended by then are unwound, as [Loop#close] does it. What came first counts. A single event
  /// loop of the group can be ended in the same way, but there the time-out counts from the end of
  /// the tasks on.
  ///
  /// To Netty an event loop is shutting down when its tasks have ended, the group from the call on.
  public EventLoopGroup eventLoops() {
    return group;
  }

  EventLoopGroup nettyGroup(Transport wanted) {
    if (wanted != transport) {
      throw new IllegalArgumentException(
          "the group's transport is "
              + transport
              + ", the listening loop's is "
              + wanted
              + "; make both on the same one");
    }
    return group;
  }

  /// Cancels the tasks that are left, waits for them, and ends the loops and their threads. Blocks;
  /// not for a thread of the group. If the group is being ended already, this waits for that.
  ///
  /// @throws IllegalStateException if called on one of the group's loops
  @Override
  public void close() {
    group.stop();
  }
}
