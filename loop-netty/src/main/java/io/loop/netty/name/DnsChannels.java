package io.loop.netty.name;

import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.codec.dns.TcpDnsResponseDecoder;
import java.nio.channels.ClosedChannelException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The channels of a resolver on one loop. Loop thread only.
final class DnsChannels implements AutoCloseable {

  /*
   * Netty closes the datagram channel of a look-up when it ends. A TCP channel lives until the
   * answer or the query timeout, even if the server has closed it, and holds the truncated answer.
   * So its end is reported to Netty's handler here, and the loop closes what is left.
   */

  private final Transport transport;
  private final Set<Channel> open = new HashSet<>();

  DnsChannels(Transport transport) {
    this.transport = transport;
  }

  /// {@return a channel that reaches servers of both families}
  DatagramChannel datagram() {
    return opened(
        switch (transport) {
          case IO_URING -> new IoUringDatagramChannel();
          case EPOLL -> new EpollDatagramChannel();
          case KQUEUE -> new KQueueDatagramChannel();
          case NIO -> new NioDatagramChannel();
        });
  }

  SocketChannel stream() {
    return opened(
        switch (transport) {
          case IO_URING -> new IoUringSocketChannel();
          case EPOLL -> new EpollSocketChannel();
          case KQUEUE -> new KQueueSocketChannel();
          case NIO -> new NioSocketChannel();
        });
  }

  private <C extends Channel> C opened(C channel) {
    open.add(channel);
    channel.closeFuture().addListener(_ -> closed(channel));
    return channel;
  }

  private void closed(Channel channel) {
    open.remove(channel);
    if (channel.pipeline().get(TcpDnsResponseDecoder.class) != null) {
      channel.pipeline().fireExceptionCaught(new ClosedChannelException());
    }
  }

  int open() {
    return open.size();
  }

  @Override
  public void close() {
    for (Channel channel : List.copyOf(open)) {
      var _ = channel.close();
    }
  }
}
