package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.Reasons;
import io.loop.netty.connection.Connection;
import io.loop.netty.connection.ConnectionEvents;
import io.loop.netty.connection.ConnectionHandler;
import io.loop.netty.connection.PendingBytes;
import io.loop.netty.tls.TlsHandler;
import io.loop.netty.transport.TlsOptions;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/// Opens streams, and starts TLS on open ones. Coroutines only.
final class StreamOpening implements Opening.Kind<Connection> {

  private final Loop loop;
  private final ConnectionOptions options;
  private final Opening<Connection> opening;

  StreamOpening(Loop loop, ConnectionOptions options) {
    this.loop = loop;
    this.options = options;
    this.opening = new Opening<>(loop, options, this);
  }

  StreamConnection open(String host, int port) throws IOException {
    return finish(opening.open(host, port), host, port);
  }

  StreamConnection openUnix(Path path) throws IOException {
    return finish(opening.openUnix(path), null, 0);
  }

  Connection connectAny(List<InetAddress> addresses, int port) throws IOException {
    return opening.connectAny(addresses, port);
  }

  StreamConnection finish(Connection connection, @Nullable String host, int port)
      throws IOException {
    TlsOptions tls = options.tls();
    if (tls != null) {
      secureAsClient(connection, tls, host, port);
    }
    return new StreamConnection(connection.reader(), connection.writer());
  }

  @Override
  public Connection addTo(Channel channel) {
    channel.config().setWriteBufferWaterMark(PendingBytes.WATER_MARKS);
    var connection = new Connection(channel, loop, options.limit(), null, ConnectionEvents.NONE);
    if (options.pipeline() != null) {
      connection.expectForeignHandlers();
    }
    channel.pipeline().addLast(connection.handler());
    return connection;
  }

  @Override
  public void connected(Connection connection, SocketAddress address) throws IOException {
    if (connection.channel().pipeline().get(ConnectionHandler.class) == null) {
      throw new IOException(
          "the connection to " + Addresses.text(address) + " was lost while it was opened");
    }
  }

  /// A stream holds nothing that was not received.
  @Override
  public void failed(Connection connection) {}

  /// Does a client's handshake. If it fails, or the caller is cancelled, the connection is closed.
  static void secureAsClient(Connection connection, TlsOptions tls, @Nullable String host, int port)
      throws IOException {
    secure(connection, tls, () -> TlsHandler.client(tls, connection.allocator(), host, port));
  }

  /// Does a server's handshake. If it fails, or the caller is cancelled, the connection is closed.
  static void secureAsServer(Connection connection, TlsOptions tls) throws IOException {
    secure(connection, tls, () -> TlsHandler.server(tls, connection.allocator()));
  }

  private static void secure(
      Connection connection, TlsOptions tls, Supplier<ChannelHandler> handler) throws IOException {
    var done = new LoopFuture<@Nullable Void>(connection.loop());
    try {
      Tasks.onLoopThread(() -> {
        connection.tls().secure(connection, handler.get(), tls, done);
        return true;
      });
      done.await();
    } catch (Throwable left) {
      connection.abort();
      throw left;
    }
    if (!connection.tls().isSecured()) {
      throw handshakeFailure(connection.peer().address(), connection.cause());
    }
  }

  /// {@return a failed handshake, as the program sees it}
  ///
  /// @param cause why it failed; null if the connection was closed
  static IOException handshakeFailure(@Nullable SocketAddress peer, @Nullable Throwable cause) {
    var fault =
        new SSLHandshakeException(
            "TLS handshake with " + Addresses.text(peer) + " failed: " + Reasons.of(cause));
    fault.initCause(cause);
    return fault;
  }
}
