package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.socket.SocketOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A datagram channel, and a way to send empty packets on it. Loop's thread only.
///
/// @param channel the channel, not registered yet
/// @param family the family of its addresses; a socket for IPv6 reaches IPv4 addresses too, if it
///   is bound to `::`
/// @param empties sends empty packets if Netty skips them; null if it does not
record DatagramSocket(
    DatagramChannel channel, SocketProtocolFamily family, @Nullable Empties empties) {

  /*
   * What the transports do differently:
   *
   * - Netty skips an empty packet when it writes, except on io_uring. On epoll it then also counts
   * wrongly, and sends another packet twice. So empty packets are sent without Netty.
   * - epoll drops an empty packet that arrives on a connected socket, unless it reads several at a
   * time, so the buffer has room for two of the largest.
   * - By default packets are truncated at 2 KiB.
   */

  private static final int LARGEST = 65_536;
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(1).limit(0);

  /// Sends an empty packet.
  interface Empties {

    /// Sends it now.
    ///
    /// @param to the destination; null for the peer of a connected socket
    void send(@Nullable InetSocketAddress to) throws IOException;
  }

  /// {@return whether an empty packet can be sent to the peer of a connected socket} The JDK's
  /// socket skips it.
  boolean sendsNothingToPeer() {
    return !(channel instanceof NioDatagramChannel);
  }

  /// {@return whether packets can be sent to an address} If not, Netty would send them to a wrong
  /// address.
  boolean reaches(InetSocketAddress to) {
    return family == SocketProtocolFamily.INET6 || to.getAddress() instanceof Inet4Address;
  }

  /// Opens a socket that a loop's event loop can register.
  ///
  /// @param family the family of the addresses it is for
  /// @throws ChannelException if the system refuses
  /// @throws IllegalStateException if the event loop cannot register sockets
  static DatagramSocket open(Loop loop, SocketProtocolFamily family) {
    return switch (NettyDriver.of(loop).transport()) {
      case EPOLL -> ofUnix(new EpollDatagramChannel(family), family);
      case NIO -> ofJdk(openJdk(family), family);
      case IO_URING -> new DatagramSocket(new IoUringDatagramChannel(family), family, null);
      case KQUEUE -> ofUnix(new KQueueDatagramChannel(family), family);
    };
  }

  private static java.nio.channels.DatagramChannel openJdk(SocketProtocolFamily family) {
    try {
      return java.nio.channels.DatagramChannel.open(family.toJdkFamily());
    } catch (IOException | UnsupportedOperationException fault) {
      throw new ChannelException(fault);
    }
  }

  private static DatagramSocket ofJdk(
      java.nio.channels.DatagramChannel jdk, SocketProtocolFamily family) {
    return new DatagramSocket(
        new NioDatagramChannel(jdk),
        family,
        to -> {
          int _ = jdk.send(NOTHING.duplicate(), to);
        });
  }

  private static <C extends DatagramChannel & UnixChannel> DatagramSocket ofUnix(
      C channel, SocketProtocolFamily family) {
    var socket = (Socket) channel.fd();
    return new DatagramSocket(
        channel,
        family,
        to -> {
          int _ =
              to == null
                  ? socket.send(NOTHING, 0, 0)
                  : socket.sendTo(NOTHING, 0, 0, to.getAddress(), to.getPort());
        });
  }

  /// {@return a bootstrap that registers this channel with the loop}
  Bootstrap bootstrap(Loop loop, DatagramOptions options) {
    var bootstrap =
        new Bootstrap()
            .group(NettyDriver.of(loop).ioEventLoop())
            .channelFactory(
                SocketOptions.with(
                    () -> channel, options.socketOptions(), NettyDriver.of(loop).transport()))
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, DatagramHandler.WATER_MARKS)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST));
    if (channel instanceof EpollDatagramChannel) {
      bootstrap
          .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, LARGEST)
          .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2 * LARGEST));
    }
    if (options.reuseAddress()) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
    }
    if (options.broadcast()) {
      bootstrap.option(ChannelOption.SO_BROADCAST, true);
    }
    if (options.reusePort()) {
      bootstrap.option(
          channel instanceof NioDatagramChannel
              ? NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT)
              : UnixChannelOption.SO_REUSEPORT,
          true);
    }
    return bootstrap;
  }
}
