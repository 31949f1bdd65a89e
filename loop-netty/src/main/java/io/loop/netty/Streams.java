package io.loop.netty;

import io.loop.event.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.stream.StreamReader;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// TCP connections as streams of bytes.
///
/// Coroutines of a loop that runs on Netty only.
///
/// Source: `asyncio.start_server` and `asyncio.open_connection`, Python 3.15.
public final class Streams {

  /// Netty calls a channel writable again below the low mark, asyncio at it.
  private static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(ConnectionHandler.LOW_WATER + 1, ConnectionHandler.HIGH_WATER);

  private Streams() {}

  /// Starts a server with the default options; as [#startServer(ConnectionBody, String, int,
  /// ServerOptions)].
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on; empty for all addresses
  /// @param port the port; 0 for a free one
  /// @return the server, accepting
  /// @throws IOException if the address cannot be had
  public static Server startServer(ConnectionBody body, String host, int port) throws IOException {
    return startServer(body, host, port, ServerOptions.DEFAULT);
  }

  /// Starts a server. Suspends.
  ///
  /// Each connection is served by a task of its own, on one loop for life, in a copy of the
  /// caller's context. The connection is closed when its body ends.
  ///
  /// Source: `asyncio.start_server`.
  ///
  /// @param body serves a connection
  /// @param host the host or address to listen on, of a host the first address; empty for all
  ///   addresses
  /// @param port the port; 0 for a free one
  /// @param options limits, loops and grace
  /// @return the server, accepting
  /// @throws IOException if the address cannot be had
  /// @throws IllegalStateException if the caller's loop does not run on Netty
  public static Server startServer(
      ConnectionBody body, String host, int port, ServerOptions options) throws IOException {
    Objects.requireNonNull(body, "body");
    Loop loop = Loop.running();
    NettyPoller poller = NettyPoller.of(loop);
    InetSocketAddress address = addressOf(host, port);
    var server = new Server(loop, options.grace());
    Context context = Context.copyCurrent();
    var bootstrap =
        new ServerBootstrap()
            .group(poller.eventLoop(), groupOf(poller, options))
            .channel(poller.transport().serverType())
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, options.backlog())
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(accepted(channel, server, body, options, context));
                  }
                });
    ChannelFuture bound = NettyFutures.await(loop, () -> bootstrap.bind(address));
    if (!bound.isSuccess()) {
      throw bindFailure(address, bound.cause());
    }
    server.listenOn(bound.channel());
    return server;
  }

  private static EventLoopGroup groupOf(NettyPoller poller, ServerOptions options) {
    LoopGroup group = options.group();
    return group == null ? poller.eventLoop() : group.nettyGroup(poller.transport());
  }

  private static ConnectionHandler accepted(
      Channel channel, Server server, ConnectionBody body, ServerOptions options, Context context) {
    Loop loop = ((OwnedEventLoop) channel.eventLoop()).loop();
    return new ConnectionHandler(
        channel,
        loop,
        options.limit(),
        connection -> {
          if (server.add(connection)) {
            serve(connection, body, context);
          } else {
            connection.abort();
          }
        },
        server::remove);
  }

  private static void serve(ConnectionHandler connection, ConnectionBody body, Context context) {
    Coro<@Nullable Void> coro = Coro.of(() -> body.serve(connection.reader(), connection.writer()));
    Task<@Nullable Void> task =
        Task.create(connection.loop(), coro, TaskOptions.DEFAULT.in(context.copy()));
    task.addDoneCallback(done -> served(connection, done));
  }

  private static void served(ConnectionHandler connection, LoopFuture<?> task) {
    Throwable fault = task.isCancelled() ? null : task.exception();
    if (fault != null) {
      connection
          .loop()
          .callExceptionHandler(
              new ExceptionContext(
                  "Unhandled exception in client_connected_cb",
                  fault,
                  Map.of("transport", connection),
                  task instanceof Task<?> served ? served.getContext() : null));
    }
    connection.close();
  }

  /// Opens a connection with the default limit; as [#openConnection(String, int, int)].
  ///
  /// @param host the peer's host or address
  /// @param port its port
  /// @return the connection
  /// @throws IOException if no address of the host can be reached
  public static StreamConnection openConnection(String host, int port) throws IOException {
    return openConnection(host, port, StreamReader.DEFAULT_LIMIT);
  }

  /// Opens a connection. Suspends; a cancellation leaves no connection behind.
  ///
  /// The host's addresses are tried in the resolver's order. If all fail the first failure is
  /// thrown, the others are suppressed in it.
  ///
  /// Source: `asyncio.open_connection`.
  ///
  /// @param host the peer's host or address
  /// @param port its port
  /// @param limit the reader's limit, in bytes
  /// @return the connection
  /// @throws IOException if no address of the host can be reached
  /// @throws IllegalStateException if the caller's loop does not run on Netty
  public static StreamConnection openConnection(String host, int port, int limit)
      throws IOException {
    Loop loop = Loop.running();
    NettyPoller poller = NettyPoller.of(loop);
    IOException first = null;
    for (InetAddress address : Resolver.resolve(host)) {
      try {
        return connect(loop, poller, new InetSocketAddress(address, port), limit);
      } catch (IOException fault) {
        if (first == null) {
          first = fault;
        } else {
          first.addSuppressed(fault);
        }
      }
    }
    throw Objects.requireNonNull(first, "a resolver gives one address or fails");
  }

  private static StreamConnection connect(
      Loop loop, NettyPoller poller, InetSocketAddress address, int limit) throws IOException {
    Consumer<ConnectionHandler> nothing = _ -> {};
    var bootstrap =
        new Bootstrap()
            .group(poller.eventLoop())
            .channel(poller.transport().socketType())
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new ConnectionHandler(channel, loop, limit, nothing, nothing));
                  }
                });
    ChannelFuture connected = NettyFutures.await(loop, () -> bootstrap.connect(address));
    if (!connected.isSuccess()) {
      throw connectFailure(address, connected.cause());
    }
    var connection = connected.channel().pipeline().get(ConnectionHandler.class);
    if (connection == null) {
      throw new IOException("the connection to " + address + " was lost as it was made");
    }
    return new StreamConnection(connection.reader(), connection.writer());
  }

  private static IOException bindFailure(InetSocketAddress address, Throwable cause) {
    var fault = new BindException("could not listen on " + address + ": " + cause.getMessage());
    fault.initCause(cause);
    return fault;
  }

  private static IOException connectFailure(InetSocketAddress address, Throwable cause) {
    var fault = new ConnectException("could not connect to " + address + ": " + cause.getMessage());
    fault.initCause(cause);
    return fault;
  }

  private static InetSocketAddress addressOf(String host, int port) throws IOException {
    return host.isEmpty()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(Resolver.resolve(host).getFirst(), port);
  }
}
