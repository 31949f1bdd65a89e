package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.base.Disconnects;
import io.loop.netty.base.PeerReports;
import io.loop.netty.core.ChannelCore;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// One endpoint: a channel on one side, two queues on the other.
final class DatagramHandler extends ChannelInboundHandlerAdapter
    implements ChannelCore.Kind, PendingPackets.Listener {

  static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(PendingPackets.HIGH_WATER / 4 + 1, PendingPackets.HIGH_WATER);

  private final Loop loop;
  private final DatagramSocket socket;
  private final DatagramQueue received;
  private final PendingPackets pending;
  private final ChannelCore core;
  private final boolean connected;
  private @Nullable IOException lastError;

  DatagramHandler(Loop loop, DatagramSocket socket, DatagramQueue received, boolean connected) {
    this.loop = loop;
    this.socket = socket;
    this.received = received;
    this.connected = connected;
    this.pending = new PendingPackets(loop, socket, this);
    this.core = new ChannelCore(loop, socket.channel(), socket.channel(), pending, this);
  }

  DatagramChannel channel() {
    return socket.channel();
  }

  ChannelCore core() {
    return core;
  }

  /// A received packet is copied and released.
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof DatagramPacket packet)) {
      context.fireChannelRead(message);
      return;
    }
    try {
      ByteBuf content = packet.content();
      if (core.life().isOpen() && received.admit(content.readableBytes())) {
        received.add(new Datagram(ByteBufUtil.getBytes(content), packet.sender()));
      }
    } finally {
      packet.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    failed(fault);
  }

  /// Records the failure. On a connected endpoint one receiver gets it, because it waits for the
  /// peer that the failure is about.
  @Override
  public void failed(Throwable fault) {
    if (!core.life().isSending()) {
      return;
    }
    Throwable known = Disconnects.inJdksTerms(fault);
    IOException error = known instanceof IOException io ? io : new IOException(known);
    lastError = error;
    if (connected && core.life().isOpen()) {
      received.fail(error);
    }
  }

  @Override
  public void goOn() {
    core.markDirty();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    core.writabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    core.lose();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    core.lose();
  }

  @Override
  public void lastSent(boolean sent) {
    core.closeChannel();
  }

  @Override
  public void lost() {
    if (!loop.isClosed()) {
      received.end();
    }
  }

  @Override
  public void flushBroke(Throwable fault) {
    failed(fault);
    core.fail(fault);
    received.end();
    PeerReports.report(loop, "Exception while sending packets", fault, "socket", channel());
  }

  void send(byte[] data, @Nullable InetSocketAddress to) {
    if (data.length == 0 && to == null && !socket.sendsNothingToPeer()) {
      throw new UnsupportedOperationException(
          "the JDK cannot send an empty packet from a connected socket; use another transport");
    }
    if (core.life().isOpen()) { // as with streams: drain() throws
      pending.add(data, to);
      core.written();
    }
  }

  void close() {
    core.close();
    received.end();
  }

  void abort() {
    core.abort();
    received.end();
  }

  @Nullable IOException lastError() {
    return lastError;
  }
}
