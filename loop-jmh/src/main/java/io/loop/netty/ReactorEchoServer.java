package io.loop.netty;

import io.loop.netty.poller.EventLoops;
import io.loop.netty.transport.Transport;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.concurrent.TimeUnit;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;

/// The echo server that is written for Reactor Netty.
final class ReactorEchoServer {

  private ReactorEchoServer() {}

  /// Sends what is received, as one flow with back-pressure.
  ///
  /// @return a server of one thread, an event loop that accepts connections and serves them
  static EchoServer start(Transport transport) {
    var group = new MultiThreadIoEventLoopGroup(1, EventLoops.newHandlerFactory(transport));
    DisposableServer server =
        TcpServer.create()
            .runOn(group)
            .host("127.0.0.1")
            .port(0)
            .option(ChannelOption.SO_BACKLOG, EchoServer.BACKLOG)
            .handle((in, out) -> out.send(in.receive().retain()))
            .bindNow();
    return new EchoServer(
        server.port(),
        () -> {
          server.disposeNow();
          group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        });
  }
}
