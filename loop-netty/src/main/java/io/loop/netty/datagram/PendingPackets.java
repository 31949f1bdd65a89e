package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.PeerReports;
import io.loop.netty.core.Pending;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Packets that wait to be passed to Netty, in order.
final class PendingPackets implements Pending {

  /*
   * `inFlight` counts the packets that Netty has and the socket has not taken. On some transports
   * an empty packet bypasses Netty, so it waits until nothing is in flight, and later packets wait
   * too.
   *
   * A packet is an array here and belongs to Netty from the write on. If there is no memory for its
   * buffer, it is lost, as on the network, but that is reported.
   */

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Outgoing(byte[] data, @Nullable InetSocketAddress to) {}

  /// Where the failures and the progress go.
  interface Listener {

    /// A packet could not be sent.
    void failed(Throwable fault);

    /// Nothing is in flight, and something is pending.
    void goOn();
  }

  static final int HIGH_WATER = 65_536;

  /// The overhead that asyncio counts for each packet.
  private static final int OVERHEAD = 8;

  private final Loop loop;
  private final DatagramSocket socket;
  private final DatagramChannel channel;
  private final Listener listener;
  private final ChannelFutureListener written = this::written;
  private final ArrayDeque<Outgoing> queue = new ArrayDeque<>();
  private long bytes;
  private int inFlight;
  private @Nullable Consumer<Boolean> afterwards;

  PendingPackets(Loop loop, DatagramSocket socket, Listener listener) {
    this.loop = loop;
    this.socket = socket;
    this.channel = socket.channel();
    this.listener = listener;
  }

  void add(byte[] data, @Nullable InetSocketAddress to) {
    queue.add(new Outgoing(data.clone(), to));
    bytes += data.length + OVERHEAD;
  }

  @Override
  public boolean isEmpty() {
    return queue.isEmpty();
  }

  @Override
  public boolean isFull() {
    return bytes > HIGH_WATER;
  }

  @Override
  public boolean canPass() {
    Outgoing next = queue.peek();
    return next != null && channel.isWritable() && !(goesBeside(next) && inFlight > 0);
  }

  /// An empty packet may have to wait, even if all are to be passed on.
  @Override
  public void pass(boolean all) {
    boolean wrote = false;
    while (canPass()) {
      Outgoing next = queue.remove();
      bytes -= next.data().length + OVERHEAD;
      if (next.to() != null && !socket.reaches(next.to())) {
        listener.failed(
            new SocketException(
                "could not send to " + Addresses.text(next.to()) + " from an IPv4 socket"));
      } else if (goesBeside(next)) {
        sendNothing(next);
      } else {
        write(next);
        wrote = true;
      }
    }
    if (wrote) {
      channel.flush();
    }
  }

  private boolean goesBeside(Outgoing packet) {
    return packet.data().length == 0 && socket.empties() != null;
  }

  private void sendNothing(Outgoing packet) {
    try {
      if (socket.empties() != null) {
        socket.empties().send(packet.to());
      }
    } catch (IOException fault) {
      listener.failed(fault);
    }
  }

  private void write(Outgoing packet) {
    ByteBuf data;
    try {
      data = channel.alloc().ioBuffer(packet.data().length).writeBytes(packet.data());
    } catch (OutOfMemoryError full) {
      listener.failed(full);
      PeerReports.report(loop, "Could not send a packet", full, "socket", channel);
      return;
    }
    inFlight++;
    InetSocketAddress to = packet.to();
    channel.write(to == null ? data : new DatagramPacket(data, to)).addListener(written);
  }

  private void written(Future<?> sent) {
    inFlight--;
    if (!sent.isSuccess()) {
      listener.failed(sent.cause());
    }
    if (inFlight > 0) {
      return;
    }
    if (!queue.isEmpty()) {
      listener.goOn();
    } else if (afterwards != null) {
      afterwards.accept(true);
    }
  }

  @Override
  public void drop() {
    queue.clear();
    bytes = 0;
  }

  @Override
  public void afterSent(Consumer<Boolean> action) {
    if (inFlight == 0) {
      action.accept(true);
    } else {
      afterwards = action;
    }
  }
}
