package io.loop.netty.served;

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

/// Detects whether a connection's peer takes the data sent to it; the connection's loop only.
public final class SendProgress {

  /*
   * Whether the socket takes bytes is too coarse: a system reports a socket as writable when a
   * third of its buffer is free, and with a slow peer a buffer of megabytes lasts for minutes. So
   * Linux is asked for the bytes that the peer has acknowledged. NIO cannot ask: there the pending
   * data is written again, and the system takes as much as fits.
   */

  private static final int IPPROTO_TCP = 6;
  private static final int TCP_INFO = 11;
  private static final int BYTES_ACKED = 120; // where tcpi_bytes_acked is, since Linux 4.1
  private static final RawUnixChannelOption INFO =
      new RawUnixChannelOption("TCP_INFO", IPPROTO_TCP, TCP_INFO, BYTES_ACKED + Long.BYTES);
  private static final boolean LINUX = PlatformDependent.normalizedOs().equals("linux");

  private long waiting;
  private long acknowledged;

  /// Checks the progress.
  ///
  /// @param channel the channel of the connection
  /// @param unwritten how many bytes wait for the channel
  /// @return whether anything was sent since the last call
  public boolean hasMoved(Channel channel, int unwritten) {
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
      return 0; // perhaps refused by a sandbox: then use what the socket takes
    }
  }
}
