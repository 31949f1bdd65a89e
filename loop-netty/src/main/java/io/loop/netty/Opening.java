package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/// Opens connections: finds the peer, connects, and goes on to TLS. Coroutines only.
final class Opening {

  private final Loop loop;
  private final NettyPoller poller;
  private final ConnectionOptions options;

  Opening(Loop loop, ConnectionOptions options) {
    this.loop = loop;
    this.poller = NettyPoller.of(loop);
    this.options = options;
  }

  StreamConnection open(String host, int port) throws IOException {
    IOException first = null;
    for (InetAddress address : Resolver.resolve(host)) {
      try {
        return finish(connect(new InetSocketAddress(address, port)), host, port);
      } catch (SSLHandshakeException wrongPeer) {
        throw wrongPeer;
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

  private StreamConnection finish(ConnectionHandler connection, String host, int port)
      throws IOException {
    TlsOptions tls = options.tls();
    if (tls != null) {
      secureAsClient(connection, tls, host, port);
    }
    return new StreamConnection(connection.reader(), connection.writer());
  }

  private ConnectionHandler connect(InetSocketAddress address) throws IOException {
    var bootstrap =
        new Bootstrap()
            .group(poller.eventLoop())
            .channel(poller.transport().socketType())
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Streams.WATER_MARKS)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new ConnectionHandler(
                                channel, loop, options.limit(), null, ConnectionEvents.NONE));
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
    return connection;
  }

  private static IOException connectFailure(InetSocketAddress address, Throwable cause) {
    var fault = new ConnectException("could not connect to " + address + ": " + cause.getMessage());
    fault.initCause(cause);
    return fault;
  }

  /// Does a client's handshake. If it fails, or the caller is cancelled, the connection is closed.
  static void secureAsClient(
      ConnectionHandler connection, TlsOptions tls, @Nullable String host, int port)
      throws IOException {
    secure(connection, tls, () -> TlsHandler.client(tls, connection.allocator(), host, port));
  }

  /// Does a server's handshake. If it fails, or the caller is cancelled, the connection is closed.
  static void secureAsServer(ConnectionHandler connection, TlsOptions tls) throws IOException {
    secure(connection, tls, () -> TlsHandler.server(tls, connection.allocator()));
  }

  private static void secure(
      ConnectionHandler connection, TlsOptions tls, Supplier<ChannelHandler> handler)
      throws IOException {
    var done = new LoopFuture<@Nullable Void>(connection.loop());
    try {
      Tasks.onLoopThread(() -> {
        connection.secure(handler.get(), tls, done);
        return true;
      });
      done.await();
    } catch (CancelledError | RuntimeException left) {
      connection.abort();
      throw left;
    }
    if (!connection.isSecured()) {
      throw handshakeFailure(connection);
    }
  }

  private static IOException handshakeFailure(ConnectionHandler connection) {
    Throwable cause = connection.cause();
    var fault =
        new SSLHandshakeException(
            "TLS handshake with "
                + connection.getExtraInfo("peername")
                + " failed: "
                + (cause == null ? "connection closed" : cause.getMessage()));
    fault.initCause(cause);
    return fault;
  }
}
