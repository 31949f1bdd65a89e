package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One endpoint: a channel on one side, two queues on the other.
final class DatagramHandler extends ChannelInboundHandlerAdapter implements Dirty {

  /*
   * The callers are as in ConnectionHandler: the loop's thread calls the channel methods and
   * flushToNetty; coroutines call methods that only change fields and put this on the dirty list.
   *
   *   OPEN --close--> CLOSING (what is pending is sent first) --inactive--> CLOSED
   *     `---abort--> ABORTING (what is pending is dropped) --inactive--> CLOSED
   *
   * A packet waits in `pending` until the flush, then in Netty's outbound buffer until the socket
   * takes it; `inFlight` counts those. On some transports an empty packet bypasses Netty, so it
   * waits until nothing is in flight, and later packets wait too.
   *
   * Buffers are short-lived: a received packet is copied and released, and a sent one belongs to
   * Netty from the write on. Netty gets packets while the channel is writable. If there is no
   * memory for a packet, it is lost, as on the network, but that is reported.
   */

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    CLOSED
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Outgoing(byte[] data, @Nullable InetSocketAddress to) {}

  static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(ConnectionHandler.LOW_WATER + 1, ConnectionHandler.HIGH_WATER);

  /// The overhead that asyncio counts for each packet.
  private static final int OVERHEAD = 8;

  private final Loop loop;
  private final NettyDriver driver;
  private final DatagramSocket socket;
  private final DatagramQueue received;
  private final boolean connected;
  private final ChannelFutureListener written = this::written;
  private final ArrayDeque<Outgoing> pending = new ArrayDeque<>();
  private final List<LoopFuture<@Nullable Void>> drainers = new ArrayList<>(1);
  private final List<LoopFuture<@Nullable Void>> closers = new ArrayList<>(1);

  private State state = State.OPEN;
  private long pendingBytes;
  private int inFlight;
  private boolean dirty;
  private boolean full;
  private @Nullable IOException lastError;

  DatagramHandler(Loop loop, DatagramSocket socket, DatagramQueue received, boolean connected) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.socket = socket;
    this.received = received;
    this.connected = connected;
  }

  DatagramChannel channel() {
    return socket.channel();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof DatagramPacket packet)) {
      context.fireChannelRead(message);
      return;
    }
    try {
      ByteBuf content = packet.content();
      if (state == State.OPEN && received.admit(content.readableBytes())) {
        received.add(new Datagram(ByteBufUtil.getBytes(content), packet.sender()));
      }
    } finally {
      packet.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    report(fault);
  }

  /// Records the failure. On a connected endpoint one receiver gets it, because it waits for the
  /// peer that the failure is about.
  private void report(Throwable fault) {
    if (state == State.CLOSED || state == State.ABORTING) {
      return;
    }
    Throwable known = Disconnects.inJdksTerms(fault);
    IOException error = known instanceof IOException io ? io : new IOException(known);
    lastError = error;
    if (connected && state == State.OPEN) {
      received.fail(error);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    adjust();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    lose();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    lose();
  }

  private void lose() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    pending.clear();
    pendingBytes = 0;
    if (!loop.isClosed()) {
      received.end();
      settle(closers);
      settle(drainers);
    }
  }

  private static void settle(List<LoopFuture<@Nullable Void>> waiters) {
    for (LoopFuture<@Nullable Void> waiter : List.copyOf(waiters)) {
      if (!waiter.isDone()) {
        waiter.setResult(null);
      }
    }
  }

  /// Passes everything requested since the last call to Netty; loop's thread.
  @Override
  public void flushToNetty() {
    dirty = false;
    if (state == State.ABORTING) {
      var _ = channel().close();
    } else if (state != State.CLOSED) {
      writePending();
      closeIfDone();
      adjust();
    }
  }

  private void writePending() {
    boolean wrote = false;
    while (canSend()) {
      Outgoing packet = pending.remove();
      pendingBytes -= packet.data().length + OVERHEAD;
      if (packet.to() != null && !socket.reaches(packet.to())) {
        report(
            new SocketException(
                "could not send to " + Addresses.text(packet.to()) + " from an IPv4 socket"));
      } else if (goesBeside(packet)) {
        sendNothing(packet);
      } else {
        write(packet);
        wrote = true;
      }
    }
    if (wrote) {
      channel().flush();
    }
  }

  private boolean canSend() {
    Outgoing next = pending.peek();
    return next != null && channel().isWritable() && !(goesBeside(next) && inFlight > 0);
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
      report(fault);
    }
  }

  private void write(Outgoing packet) {
    ByteBuf data;
    try {
      data = channel().alloc().ioBuffer(packet.data().length).writeBytes(packet.data());
    } catch (OutOfMemoryError full) {
      report(full);
      PeerReports.report(loop, "Could not send a packet", full, "socket", channel());
      return;
    }
    inFlight++;
    InetSocketAddress to = packet.to();
    channel().write(to == null ? data : new DatagramPacket(data, to)).addListener(written);
  }

  private void written(Future<?> sent) {
    inFlight--;
    if (!sent.isSuccess()) {
      report(sent.cause());
    }
    if (inFlight == 0 && !pending.isEmpty()) {
      markDirty();
    }
    closeIfDone();
  }

  private void closeIfDone() {
    if (state == State.CLOSING && inFlight == 0 && pending.isEmpty()) {
      var _ = channel().close();
    }
  }

  @Override
  public void flushFailed(Throwable fault) {
    if (state == State.CLOSED) {
      return;
    }
    report(fault);
    state = State.ABORTING;
    PeerReports.report(loop, "Exception while sending packets", fault, "socket", channel());
    received.end();
    var _ = channel().close();
  }

  private void adjust() {
    full = pendingBytes > ConnectionHandler.HIGH_WATER || !channel().isWritable();
    if (!full) {
      settle(drainers);
    }
    if (canSend()) {
      markDirty();
    }
  }

  private void markDirty() {
    if (!dirty) {
      driver.addDirty(this);
      dirty = true; // not if memory ran out before
    }
  }

  void send(byte[] data, @Nullable InetSocketAddress to) {
    if (data.length == 0 && to == null && !socket.sendsNothingToPeer()) {
      throw new UnsupportedOperationException(
          "the JDK cannot send an empty packet from a connected socket; use another transport");
    }
    if (state != State.OPEN) {
      return; // as with streams: drain() throws
    }
    pending.add(new Outgoing(data.clone(), to));
    pendingBytes += data.length + OVERHEAD;
    full |= pendingBytes > ConnectionHandler.HIGH_WATER;
    markDirty();
  }

  boolean mustDrain() {
    return full;
  }

  void awaitDrained() {
    await(drainers);
  }

  void awaitClosed() {
    if (state != State.CLOSED) {
      await(closers);
    }
  }

  private void await(List<LoopFuture<@Nullable Void>> waiters) {
    var waiter = new LoopFuture<@Nullable Void>(loop);
    waiters.add(waiter);
    try {
      waiter.await();
    } finally {
      waiters.remove(waiter);
    }
  }

  void close() {
    if (state == State.OPEN) {
      state = State.CLOSING;
      received.end();
      markDirty();
    }
  }

  void abort() {
    if (state == State.OPEN || state == State.CLOSING) {
      state = State.ABORTING;
      received.end();
      markDirty();
    }
  }

  boolean isClosing() {
    return state != State.OPEN;
  }

  boolean isClosed() {
    return state == State.CLOSED;
  }

  @Nullable IOException lastError() {
    return lastError;
  }
}
