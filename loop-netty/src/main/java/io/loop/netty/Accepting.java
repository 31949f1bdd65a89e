package io.loop.netty;

import io.loop.event.Context;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Creates the streams of a server's accepted channels, and starts the coroutines that serve them;
/// each on its own loop's thread.
final class Accepting extends ChannelInitializer<Channel> implements ConnectionEvents {

  static final String NOT_SERVED = "Could not serve a connection";
  private static final String NO_CONTEXT = "Could not make the TLS context of a connection";

  private final Server server;
  private final ConnectionBody body;
  private final ServerOptions options;
  private final Context context;

  /// The reason for a missing TLS context that was reported last, if it still applies; any loop's
  /// thread.
  private final AtomicReference<@Nullable String> contextFault = new AtomicReference<>();

  /// @param context copied for every connection
  Accepting(Server server, ConnectionBody body, ServerOptions options, Context context) {
    this.server = server;
    this.body = body;
    this.options = options;
    this.context = context;
  }

  @Override
  protected void initChannel(Channel channel) {
    Loop loop = NettyLoop.of(channel.eventLoop());
    TlsOptions tls = options.tls();
    if (tls != null) {
      channel
          .pipeline()
          .addLast(TlsHandler.accepted(tls, channel.alloc(), faultsOn(loop, channel)));
    }
    channel
        .pipeline()
        .addLast(new ConnectionHandler(new Connection(channel, loop, options.limit(), tls, this)));
  }

  private TlsContextFaults faultsOn(Loop loop, Channel channel) {
    return new TlsContextFaults() {
      @Override
      public void tell(Throwable fault) {
        String cause = fault.toString();
        if (!cause.equals(contextFault.getAndSet(cause))) {
          PeerReports.report(loop, NO_CONTEXT, fault, "transport", channel);
        }
      }

      @Override
      public void over() {
        if (contextFault.get() != null) { // not a write for each connection
          contextFault.set(null);
        }
      }
    };
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
      if (fault != null) {
        PeerReports.report(
            connection.loop(),
            "Unhandled exception in the coroutine of a connection",
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

  @Override
  public void closed(Connection connection) {
    server.remove(connection);
    Throwable cause = connection.cause();
    if (cause != null && options.tls() != null && !connection.tls().isSecured()) {
      reportInDebugMode(connection, cause);
    }
  }

  /// Only in debug mode, as in asyncio: any peer can send garbage to a server, at any rate.
  private static void reportInDebugMode(Connection connection, Throwable cause) {
    Loop loop = connection.loop();
    if (!loop.isClosed() && loop.isDebug()) {
      PeerReports.report(loop, "SSL handshake failed", cause, "transport", connection);
    }
  }
}
