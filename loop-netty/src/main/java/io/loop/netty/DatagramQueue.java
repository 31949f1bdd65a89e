package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The packets of an endpoint that nobody has received yet. Loop thread and coroutines of the loop.
final class DatagramQueue {

  /*
   * A packet stays in the queue until a coroutine that runs takes it, so a cancelled receiver has
   * taken nothing. `waiters` has those who wait, in order; each is woken at most once, and one that
   * was woken and then cancelled wakes the next instead of itself.
   *
   * When the queue is full the newest packet is dropped, as the system's own queue does it: what
   * arrived first is what somebody has waited for longest.
   */

  private final Loop loop;
  private final int limit;
  private final int bytesLimit;
  private final ArrayDeque<Datagram> packets = new ArrayDeque<>();
  private final WaiterLine waiters = new WaiterLine();
  private @Nullable IOException fault;
  private long bytes;
  private long dropped;
  private boolean ended;

  DatagramQueue(Loop loop, DatagramOptions options) {
    this.loop = loop;
    this.limit = options.queueLimit();
    this.bytesLimit = options.queueBytes();
  }

  /// {@return whether there is room for a packet of that size; if not it counts as dropped}
  boolean admit(int size) {
    if (packets.isEmpty() || (packets.size() < limit && bytes + size <= bytesLimit)) {
      return true;
    }
    dropped++;
    return false;
  }

  void add(Datagram packet) {
    packets.add(packet);
    bytes += packet.data().length;
    waiters.wakeFirst();
  }

  /// Makes one receiver fail, after the packets that are here.
  void fail(IOException failure) {
    fault = failure;
    waiters.wakeFirst();
  }

  /// Makes receivers get null, after the packets that are here.
  void end() {
    ended = true;
    while (waiters.size() > 0) {
      waiters.wakeFirst();
    }
  }

  long dropped() {
    return dropped;
  }

  int size() {
    return packets.size();
  }

  @Nullable Datagram take() throws IOException {
    while (packets.isEmpty() && fault == null && !ended) {
      await();
    }
    Datagram packet = packets.poll();
    if (packet != null) {
      bytes -= packet.data().length;
    } else if (fault != null) {
      IOException failure = fault;
      fault = null;
      throw failure;
    }
    return packet;
  }

  private void await() {
    var waiter = new LoopFuture<@Nullable Void>(loop);
    try {
      waiters.await(waiter);
    } catch (Throwable left) {
      boolean hasSomething = !packets.isEmpty() || fault != null;
      if (waiter.isDone() && !waiter.isCancelled() && hasSomething) {
        waiters.wakeFirst(); // what woke this one is another's now
      }
      throw left;
    }
  }
}
