package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.poller.NettyGroup;
import io.loop.netty.socket.AcceptBackoff;
import io.loop.netty.socket.Sockets;
import io.loop.netty.transport.PipelineInitializer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Servers whose connections are Netty pipelines with a
/// [`CoroutineHandler`][io.loop.netty.channel.CoroutineHandler].
///
/// They are the same [Server] as [Streams#startServer] starts: the same limits, and the same
/// graceful end. Coroutines only, on a loop that runs on Netty.
///
/// No asyncio equivalent; `asyncio.start_server` is [Streams#startServer].
public final class ChannelServer {

  private ChannelServer() {}

  /// Starts a server with the default options; see [#startServer(PipelineInitializer, String, int,
  /// ServerOptions)].
  ///
  /// @param pipeline builds the pipeline of each connection
  /// @param host the host or address to listen on; empty for all addresses of both families
  /// @param port the port; 0 for a free one
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  public static Server startServer(PipelineInitializer pipeline, String host, int port)
      throws IOException {
    return startServer(pipeline, host, port, ServerOptions.DEFAULT);
  }

  /// Starts a server. Suspends.
  ///
  /// ```java
  /// Server server = ChannelServer.startServer(
  ///     pipeline -> pipeline.addLast(CoroutineHandler.of(ByteBuf.class, Echo::echo)), "", 7000);
  /// server.serveForever();
  /// ```
  ///
  /// A peer that half-closes a plain connection can still be answered: the coroutine receives the
  /// end of the stream.
  ///
  /// The limits count every connection from the moment it is accepted. The timeouts and the
  /// graceful end concern the [`CoroutineHandler`][io.loop.netty.channel.CoroutineHandler] that
  /// joined the pipeline last. A connection without one is closed when the server shuts down.
  ///
  /// @param pipeline builds the pipeline of each connection; what it adds comes after a handler of
  ///   this module, the handlers of [ServerOptions#withPipeline], and TLS
  /// @param host the host or address to listen on, as in [Streams#startServer(ConnectionBody,
  ///   String, int, ServerOptions)]
  /// @param port the port; 0 for a free one
  /// @param options limits, loops, grace period, TLS; the reader's limit has no effect
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  /// @throws IllegalArgumentException if the port is not from 0 to 65535, or the options are for
  ///   streams: the PROXY protocol, TLS's `requireCloseNotify`
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server startServer(
      PipelineInitializer pipeline, String host, int port, ServerOptions options)
      throws IOException {
    Objects.requireNonNull(pipeline, "pipeline");
    requireForPipelines(options);
    Addresses.requirePort(port);
    Loop loop = Loop.running();
    var server = new Server(loop, options);
    var accepting = new AcceptingChannels(server.connections(), options, new Building(pipeline));
    List<Channel> bound = new Listening(loop, accepting, options).bind(List.of(host), port);
    server.listenOn(bound, null, options.startServing());
    return server;
  }

  /// Calls the program's initializer for each channel.
  @ChannelHandler.Sharable
  private static final class Building extends ChannelInitializer<Channel> {
    private final PipelineInitializer pipeline;

    Building(PipelineInitializer pipeline) {
      this.pipeline = pipeline;
    }

    @Override
    protected void initChannel(Channel channel) throws Exception {
      if (channel instanceof SocketChannel socket
          && channel.pipeline().get(SslHandler.class) == null) {
        socket.config().setAllowHalfClosure(true);
      }
      pipeline.initialize(channel.pipeline());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      MemoryReserve.useAfter(fault);
      AcceptingChannels.refuse(context.channel(), fault);
    }
  }

  /// Binds a bootstrap of the program's own with the default options; see [#bind(ServerBootstrap,
  /// SocketAddress, ServerOptions)].
  ///
  /// @param bootstrap with at least a child handler; not changed
  /// @param address the address to listen on
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  public static Server bind(ServerBootstrap bootstrap, SocketAddress address) throws IOException {
    return bind(bootstrap, address, ServerOptions.DEFAULT);
  }

  /// Binds a bootstrap of the program's own. Suspends; a cancellation leaves no socket behind.
  ///
  /// The bootstrap keeps its options, attributes and handlers. If it has no event loops, the
  /// caller's loop listens, and the group of the options, or that loop, serves. If it has no type
  /// of channel, the transport's is used.
  ///
  /// @param bootstrap with at least a child handler; not changed
  /// @param address the address to listen on
  /// @param options limits, loops, grace period, and for the accepted channels TLS, handlers and
  ///   options. The backlog, `reusePort`, `startServing` and the options of the listening socket
  ///   are the bootstrap's business, and have no effect here
  /// @return the server, which accepts connections
  /// @throws IOException if the address cannot be bound
  /// @throws IllegalArgumentException if the bootstrap has no child handler, or the options have an
  ///   inherited socket or are for streams: the PROXY protocol, TLS's `requireCloseNotify`
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static Server bind(ServerBootstrap bootstrap, SocketAddress address, ServerOptions options)
      throws IOException {
    options.requireNoInheritedSocket();
    requireForPipelines(options);
    Loop loop = Loop.running();
    @Nullable ChannelHandler childHandler = bootstrap.config().childHandler();
    if (childHandler == null) {
      throw new IllegalArgumentException("the bootstrap needs a childHandler");
    }
    var server = new Server(loop, options);
    ServerBootstrap own = bootstrap.clone();
    complete(own, NettyDriver.of(loop), address, options);
    own.handler(withBackoff(bootstrap.config().handler()))
        .childHandler(new AcceptingChannels(server.connections(), options, childHandler));
    ChannelFuture opened = ChannelFutures.open(loop, () -> own.bind(address));
    if (!opened.isSuccess()) {
      throw Listening.bindFailure(address, opened.cause());
    }
    server.listenOn(List.of(opened.channel()), null, true);
    return server;
  }

  private static void requireForPipelines(ServerOptions options) {
    ChannelClient.requireNoCloseNotify(options.tls());
    if (options.proxyProtocol() != null) {
      throw new IllegalArgumentException(
          "withProxyProtocol is for servers of streams; add Netty's HAProxyMessageDecoder to the"
              + " pipeline");
    }
  }

  private static ChannelHandler withBackoff(@Nullable ChannelHandler handler) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel listener) {
        if (handler != null) {
          listener.pipeline().addLast(handler);
        }
        listener
            .pipeline()
            .addLast(new AcceptBackoff(NettyLoop.of(listener.eventLoop()), listener));
      }
    };
  }

  @SuppressWarnings("deprecation") // the only way to see whether a channel type is set
  private static void complete(
      ServerBootstrap bootstrap, NettyDriver driver, SocketAddress address, ServerOptions options) {
    if (bootstrap.config().group() == null) {
      LoopGroup group = options.group();
      bootstrap.group(
          driver.ioEventLoop(),
          group == null
              ? driver.ioEventLoop()
              : NettyGroup.of(group.eventLoops(), driver.transport()));
    }
    if (bootstrap.config().channelFactory() == null) {
      bootstrap.channelFactory(Sockets.listening(driver.transport(), address));
    }
  }
}
