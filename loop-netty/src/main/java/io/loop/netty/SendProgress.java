package io.loop.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.nio.AbstractNioChannel.NioUnsafe;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Tells whether a connection's peer takes what is sent to it; the connection's loop only.
final class SendProgress {

  /*
   * That the socket takes bytes is too coarse a sign: a system reports room when a third of its buffer
   * is free, and a buffer of megabytes is full of minutes, if the peer is slow enough. So Linux is asked
   * what the peer has acknowledged. NIO has no such question: there what waits is written again, and
   * the system takes as much as there is room for, however little.
   */

  private static final int IPPROTO_TCP = 6;
  private static final int TCP_INFO = 11;
  private static final int BYTES_ACKED = 120; // where tcpi_bytes_acked is, since Linux 4.1
  private static final RawUnixChannelOption INFO =
      new RawUnixChannelOption("TCP_INFO", IPPROTO_TCP, TCP_INFO, BYTES_ACKED + Long.BYTES);
  private static final boolean LINUX = PlatformDependent.normalizedOs().equals("linux");

  private long waiting;
  private long acknowledged;

  /// Looks again.
  ///
  /// @param channel the connection's
  /// @param unwritten how many bytes wait for the channel
  /// @return whether anything was sent since the last look
  boolean hasMoved(Channel channel, int unwritten) {
    long nowWaiting = unwritten + waitingIn(channel);
    long nowAcknowledged = acknowledgedOn(channel);
    boolean moved = nowWaiting < waiting || nowAcknowledged != acknowledged;
    waiting = nowWaiting;
    acknowledged = nowAcknowledged;
    return moved;
  }

  private static long waitingIn(Channel channel) {
    if (hasUnsent(channel) && channel.unsafe() instanceof NioUnsafe nio) {
      nio.forceFlush();
    }
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer(); // none once it is closed
    return buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
  }

  private static boolean hasUnsent(Channel channel) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer != null && !buffer.isEmpty();
  }

  private static long acknowledgedOn(Channel channel) {
    if (!LINUX || !channel.isActive()) {
      return 0;
    }
    if (!(channel instanceof SocketChannel) || !(channel instanceof UnixChannel)) {
      return 0;
    }
    try {
      ByteBuffer info = channel.config().getOption(INFO);
      return info == null ? 0 : info.order(ByteOrder.nativeOrder()).getLong(BYTES_ACKED);
    } catch (ChannelException refused) {
      return 0; // by a sandbox, perhaps: then what the socket takes must do
    }
  }
}
