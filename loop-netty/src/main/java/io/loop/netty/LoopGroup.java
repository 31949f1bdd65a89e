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
    if (size < 1) {
      throw new IllegalArgumentException("a group needs at least one loop, not " + size);
    }
    this.transport = transport;
    this.group = NettyGroup.start(size, transport);
  }

  /// {@return the loops}
  public List<Loop> loops() {
    List<Loop> loops = new ArrayList<>();
    for (EventExecutor eventLoop : group) {
      loops.add(((OwnedEventLoop) eventLoop).loop());
    }
    return loops;
  }

  /// {@return the Netty event loops under the loops, for the bootstrap of a program's own}
  ///
  /// Their coroutines run on the group's loops. Close the group with [#close], not there.
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
  /// not for a thread of the group.
  ///
  /// @throws IllegalStateException if called on one of the group's loops
  @Override
  public void close() {
    group.stop();
  }
}
