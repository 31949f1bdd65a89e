package io.loop.samples;

import io.loop.event.Loop;
import io.loop.netty.NettyFutures;
import io.loop.netty.NettyLoop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.uring.IoUringDatagramChannel;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/// Opens UDP sockets with one of Netty's codecs.
final class DnsSockets {

  private DnsSockets() {}

  /// Opens a socket. Suspends; a cancellation leaves no socket behind.
  ///
  /// @param transport the transport of the loop
  /// @param type the messages to receive
  /// @param codec the handlers that decode and encode them
  /// @param start binds or connects the socket
  /// @param <M> the type of the messages
  /// @return the socket, which the caller closes
  static <M> CoroutineChannel<M> open(
      Transport transport,
      Class<M> type,
      List<ChannelHandler> codec,
      Function<Bootstrap, ChannelFuture> start)
      throws IOException {
    var opened = new LoopFuture<CoroutineChannel<M>>();
    var handler =
        CoroutineHandler.of(
            type,
            end -> {
              opened.setResult(end);
              end.waitClosed();
            });
    var bootstrap =
        new Bootstrap()
            .group(NettyLoop.eventLoop(Loop.running()))
            .channel(channelType(transport))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(codec.toArray(ChannelHandler[]::new));
                    channel.pipeline().addLast(handler);
                  }
                });
    Channel channel = NettyFutures.open(() -> start.apply(bootstrap));
    try {
      return opened.await();
    } finally {
      if (!opened.isDone() || opened.isCancelled()) {
        var _ = channel.close();
      }
    }
  }

  private static Class<? extends DatagramChannel> channelType(Transport transport) {
    return switch (transport) {
      case IO_URING -> IoUringDatagramChannel.class;
      case EPOLL -> EpollDatagramChannel.class;
      case KQUEUE -> KQueueDatagramChannel.class;
      case NIO -> NioDatagramChannel.class;
    };
  }
}
