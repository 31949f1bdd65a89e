package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.PeerReports;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.tls.TlsContextReports;
import io.loop.netty.tls.TlsHandler;
import io.loop.netty.transport.TlsOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;

/// Adds a server's accepted channels to it, and builds their pipelines; each on its own event
/// loop's thread.
final class AcceptingChannels extends ChannelInitializer<Channel> {

  private final ServerConnections server;
  private final ServerOptions options;
  private final ChannelHandler childHandler;
  private final TlsContextReports contextReports = new TlsContextReports();

  AcceptingChannels(ServerConnections server, ServerOptions options, ChannelHandler childHandler) {
    this.server = server;
    this.options = options;
    this.childHandler = childHandler;
  }

  @Override
  protected void initChannel(Channel channel) throws Exception {
    Loop loop = NettyLoop.of(channel.eventLoop());
    SocketOptions.set(channel, options.childOptions(), NettyDriver.of(loop).transport());
    if (options.pipeline() != null) {
      options.pipeline().initialize(channel.pipeline());
    }
    if (!ServedChannel.accept(server, channel)) {
      return;
    }
    TlsOptions tls = options.tls();
    if (tls != null) {
      channel
          .pipeline()
          .addLast(TlsHandler.accepted(tls, channel.alloc(), contextReports.on(loop, channel)));
    }
    channel.pipeline().addLast(childHandler);
  }

  /// The connection could not be set up. Netty would log this each time a peer connects.
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    refuse(context.channel(), fault);
  }

  /// Reports why an accepted channel cannot be served, and closes it.
  static void refuse(Channel channel, Throwable fault) {
    try {
      Loop loop = NettyLoop.of(channel.eventLoop());
      PeerReports.report(loop, Accepting.NOT_SERVED, fault, "transport", channel);
    } finally {
      // not closeForcibly, which is for channels that are not registered: io_uring never closes
      // others
      channel.unsafe().close(channel.voidPromise());
    }
  }
}
