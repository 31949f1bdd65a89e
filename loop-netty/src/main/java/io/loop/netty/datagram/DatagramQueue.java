package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.task.WaiterLine;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The packets of an endpoint that were not received yet. Loop thread and coroutines of the loop.
final class DatagramQueue {

  /*
   * A packet stays in the queue until a running coroutine takes it, so a cancelled receiver has
   * taken nothing. `waiters` has the waiting coroutines, in order. Each is woken at most once; one
   * that is cancelled after it was woken wakes the next one instead.
   *
   * When the queue is full the newest packet is dropped, as in the system's own queue: what arrived
   * first is kept.
   */

  private final int limit;
  private final int bytesLimit;
  private final ArrayDeque<Datagram> packets = new ArrayDeque<>();
  private final WaiterLine waiters;
  private @Nullable IOException fault;
  private long bytes;
  private long dropped;
  private boolean ended;

  DatagramQueue(Loop loop, DatagramOptions options) {
    this.waiters = new WaiterLine(loop);
    this.limit = options.queueLimit();
    this.bytesLimit = options.queueBytes();
  }

  /// {@return whether there is room for a packet of that size; if not, it is counted as dropped}
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

  /// Makes one receiver fail, after the queued packets.
  void fail(IOException failure) {
    fault = failure;
    waiters.wakeFirst();
  }

  /// Makes receivers get null, after the queued packets.
  void end() {
    ended = true;
    waiters.wakeAndRemoveAll();
  }

  long dropped() {
    return dropped;
  }

  int size() {
    return packets.size();
  }

  @Nullable Datagram take() throws IOException {
    while (packets.isEmpty() && fault == null && !ended) {
      waiters.await(this::passOn);
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

  private void passOn() {
    if (!packets.isEmpty() || fault != null) {
      waiters.wakeFirst();
    }
  }
}
