package io.loop.netty;

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
  private final Set<Channel> streams = new HashSet<>();

  DnsChannels(Transport transport) {
    this.transport = transport;
  }

  /// {@return a channel that reaches servers of both families}
  DatagramChannel datagram() {
    return switch (transport) {
      case IO_URING -> new IoUringDatagramChannel();
      case EPOLL -> new EpollDatagramChannel();
      case KQUEUE -> new KQueueDatagramChannel();
      case NIO -> new NioDatagramChannel();
    };
  }

  SocketChannel stream() {
    SocketChannel made =
        switch (transport) {
          case IO_URING -> new IoUringSocketChannel();
          case EPOLL -> new EpollSocketChannel();
          case KQUEUE -> new KQueueSocketChannel();
          case NIO -> new NioSocketChannel();
        };
    streams.add(made);
    made.closeFuture().addListener(_ -> closed(made));
    return made;
  }

  private void closed(Channel stream) {
    streams.remove(stream);
    if (stream.pipeline().get(TcpDnsResponseDecoder.class) != null) {
      stream.pipeline().fireExceptionCaught(new ClosedChannelException());
    }
  }

  int open() {
    return streams.size();
  }

  @Override
  public void close() {
    for (Channel stream : List.copyOf(streams)) {
      var _ = stream.close();
    }
  }
}
