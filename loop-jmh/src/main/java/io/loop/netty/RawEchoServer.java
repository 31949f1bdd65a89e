package io.loop.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.function.Supplier;

/// An echo server in plain Netty, and a program that runs it.
///
/// It uses no type of Loop, so it loads only what such a program needs.
final class RawEchoServer {

  private static final int BACKLOG = 1024; // the default of Loop's servers

  /// Echoes what it receives, and flushes once per read of the socket.
  @SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
  private static class EchoHandler extends ChannelInboundHandlerAdapter {

    private static final ChannelHandler INSTANCE = new EchoHandler();

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      context.write(message, context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      context.close();
    }
  }

  /// Echoes a copy: from a new array, as a program gets that asks for one.
  @SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
  private static final class ArrayEchoHandler extends EchoHandler {

    private static final ChannelHandler INSTANCE = new ArrayEchoHandler();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var data = (ByteBuf) message;
      byte[] block = new byte[data.readableBytes()];
      data.readBytes(block).release();
      context.write(
          context.alloc().directBuffer(block.length).writeBytes(block), context.voidPromise());
    }
  }

  private RawEchoServer() {}

  /// Runs the server until the process is ended.
  ///
  /// @param arguments the port, and the transport: nio, epoll or io_uring
  public static void main(String... arguments) throws InterruptedException {
    int port = Integer.parseInt(arguments[0]);
    switch (arguments[1]) {
      case "nio" -> run(port, NioIoHandler::newFactory, NioServerSocketChannel.class);
      case "epoll" -> run(port, EpollIoHandler::newFactory, EpollServerSocketChannel.class);
      case "io_uring" -> run(port, IoUringIoHandler::newFactory, IoUringServerSocketChannel.class);
      default -> throw new IllegalArgumentException("unknown transport " + arguments[1]);
    }
  }

  private static void run(
      int port, Supplier<IoHandlerFactory> handlers, Class<? extends ServerChannel> type)
      throws InterruptedException {
    try (var group = new MultiThreadIoEventLoopGroup(1, handlers.get())) {
      Channel server = bind(group, group, type, port, echo());
      System.out.println("listening on " + server.localAddress());
      server.closeFuture().sync();
    }
  }

  /// {@return the initializer of a connection's pipeline}
  static ChannelInitializer<Channel> echo() {
    return pipeline(EchoHandler.INSTANCE);
  }

  /// {@return the same, with a new array for each read}
  static ChannelInitializer<Channel> echoArrays() {
    return pipeline(ArrayEchoHandler.INSTANCE);
  }

  private static ChannelInitializer<Channel> pipeline(ChannelHandler handler) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(handler);
      }
    };
  }

  /// Starts a server on the loopback address; blocks, so not on an event loop.
  ///
  /// @param acceptors accepts connections
  /// @param workers serves them
  /// @param type the type of the server's channel
  /// @param port the port; 0 for a free one
  /// @param pipeline initializes the pipeline of a connection
  /// @return the server's channel
  static Channel bind(
      EventLoopGroup acceptors,
      EventLoopGroup workers,
      Class<? extends ServerChannel> type,
      int port,
      ChannelInitializer<Channel> pipeline)
      throws InterruptedException {
    return bootstrap(acceptors, workers, type, pipeline).bind("127.0.0.1", port).sync().channel();
  }

  static ServerBootstrap bootstrap(
      EventLoopGroup acceptors,
      EventLoopGroup workers,
      Class<? extends ServerChannel> type,
      ChannelInitializer<Channel> pipeline) {
    return new ServerBootstrap()
        .group(acceptors, workers)
        .channel(type)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .childHandler(pipeline);
  }
}
