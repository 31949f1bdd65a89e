package io.loop.netty.stream;

import io.loop.context.Context;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.PeerReports;
import io.loop.netty.base.Reasons;
import io.loop.netty.base.Subnets;
import io.loop.netty.connection.Connection;
import io.loop.netty.connection.ConnectionEvents;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.proxy.ProxyGate;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.tls.TlsContextReports;
import io.loop.netty.tls.TlsHandler;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.TlsOptions;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Creates the streams of a server's accepted channels, and starts the coroutines that serve them;
/// each on its own loop's thread.
final class Accepting extends ChannelInitializer<Channel>
    implements ConnectionEvents, ProxyGate.Events {

  static final String NOT_SERVED = "Could not serve a connection";
  private static final String FAILED = "Unhandled exception in the coroutine of a connection";
  private static final String NO_HANDSHAKE = "SSL handshake failed";
  private static final String NO_HEADER = "Connection without a valid PROXY header";

  private final ServerConnections server;
  private final ConnectionBody body;
  private final ServerOptions options;
  private final Context context;
  private final @Nullable Subnets trust;

  private final TlsContextReports contextReports = new TlsContextReports();

  /// @param context copied for every connection
  Accepting(ServerConnections server, ConnectionBody body, ServerOptions options, Context context) {
    this.server = server;
    this.body = body;
    this.options = options;
    this.context = context;
    ProxyProtocol proxy = options.proxyProtocol();
    this.trust = proxy == null ? null : Subnets.of(proxy.trusted(), "trusted");
  }

  @Override
  protected void initChannel(Channel channel) throws Exception {
    Loop loop = NettyLoop.of(channel.eventLoop());
    SocketOptions.set(channel, options.childOptions(), NettyDriver.of(loop).transport());
    ChannelPipeline pipeline = channel.pipeline();
    var connection = new Connection(channel, loop, options.limit(), options.tls(), this);
    if (options.pipeline() != null) {
      options.pipeline().initialize(pipeline);
      connection.expectForeignHandlers();
    }
    ProxyProtocol proxy = options.proxyProtocol();
    if (proxy != null && trust != null) {
      pipeline.addLast(
          new ProxyGate.Decoder(proxy.maxFieldBytes()),
          new ProxyGate(connection, trust, proxy.headerTimeout(), this));
    }
    pipeline.addLast(connection.handler());
    if (proxy == null) {
      addTls(connection);
    }
  }

  private void addTls(Connection connection) {
    TlsOptions tls = options.tls();
    if (tls != null) {
      Channel channel = connection.channel();
      connection.insert(
          TlsHandler.accepted(tls, channel.alloc(), contextReports.on(connection.loop(), channel)));
    }
  }

  @Override
  public void arrived(Connection connection) {
    if (!server.expect(connection)) {
      connection.abort();
    }
  }

  @Override
  public void passed(Connection connection) {
    addTls(connection);
  }

  @Override
  public void refused(Connection connection, Throwable reason) {
    server.refused();
    connection.cut(new IOException("no PROXY header: " + Reasons.of(reason), reason));
    if (reason instanceof IOException || reason instanceof DecoderException) {
      reportInDebugMode(connection, NO_HEADER, reason);
    } else { // from a handler of the program
      PeerReports.report(connection.loop(), NOT_SERVED, reason, "transport", connection);
    }
  }

  /// The connection could not be set up. Netty would log this each time a peer connects.
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    AcceptingChannels.refuse(context.channel(), fault);
  }

  @Override
  public boolean areOfServer() {
    return true;
  }

  @Override
  public void opened(Connection connection) {
    if (!server.add(connection)) {
      connection.abort();
    }
  }

  @Override
  public void ready(Connection connection) {
    if (connection.isClosing()) {
      return;
    }
    try {
      serve(connection);
    } catch (OutOfMemoryError full) {
      MemoryReserve.useAfter(full);
      connection.abort(); // and the body with it, if there is one
      PeerReports.report(connection.loop(), NOT_SERVED, full, "transport", connection);
    }
  }

  private void serve(Connection connection) {
    Coro<@Nullable Void> coro =
        () -> { // not Coro.of: each idle connection would keep its frames
          body.serve(connection.reader(), connection.writer());
          return null;
        };
    Context own = context.copy();
    Task<@Nullable Void> task =
        Task.create(connection.loop(), coro, TaskOptions.DEFAULT.withContext(own));
    server.began(connection, task);
    task.addDoneCallback(done -> served(connection, done), own);
  }

  private void served(Connection connection, LoopFuture<?> task) {
    try {
      Throwable fault = task.isCancelled() ? null : task.exception();
      if (fault != null && isEndOfACheck(connection, fault)) {
        reportInDebugMode(connection, FAILED, fault);
      } else if (fault != null) {
        PeerReports.report(
            connection.loop(),
            FAILED,
            fault,
            "transport",
            connection,
            Context.copyCurrent()); // the context of the body, in which this is called
      }
    } finally {
      connection.close();
      server.ended(connection);
    }
  }

  /// Proxies check several times a second whether a server is there. They send a header without a
  /// client, or with their own address, and reset the connection, which fails the body's read.
  private static boolean isEndOfACheck(Connection connection, Throwable fault) {
    ProxyHeader header = connection.peer().proxyHeader();
    Throwable loss = connection.cause();
    return header != null
        && (header.source() == null || header.source().equals(connection.channel().remoteAddress()))
        && loss != null
        && (fault == loss || fault.getCause() == loss);
  }

  @Override
  public void closed(Connection connection) {
    server.remove(connection);
    Throwable cause = connection.cause();
    boolean gated = options.proxyProtocol() != null && connection.peer().proxyHeader() == null;
    if (cause != null && options.tls() != null && !connection.tls().isSecured() && !gated) {
      reportInDebugMode(connection, NO_HANDSHAKE, cause);
    }
  }

  /// Only in debug mode, as in asyncio: any peer can send garbage to a server, at any rate.
  private static void reportInDebugMode(Connection connection, String message, Throwable cause) {
    Loop loop = connection.loop();
    if (!loop.isClosed() && loop.isDebug()) {
      PeerReports.report(loop, message, cause, "transport", connection);
    }
  }
}
