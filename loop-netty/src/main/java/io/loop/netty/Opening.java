package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.RaceResult;
import io.loop.task.Tasks;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/// Opens connections: resolves the peer's addresses, connects, and starts TLS. Coroutines only.
final class Opening {

  private final Loop loop;
  private final NettyDriver driver;
  private final ConnectionOptions options;

  Opening(Loop loop, ConnectionOptions options) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.options = options;
  }

  StreamConnection open(String host, int port) throws IOException {
    return finish(connectAny(addressesOf(host), port), host, port);
  }

  StreamConnection openUnix(Path path) throws IOException {
    SocketAddress address = driver.transport().unixAddress(path);
    return finish(connect(address), null, 0);
  }

  StreamConnection finish(ConnectionHandler connection, @Nullable String host, int port)
      throws IOException {
    TlsOptions tls = options.tls();
    if (tls != null) {
      secureAsClient(connection, tls, host, port);
    }
    return new StreamConnection(connection.reader(), connection.writer());
  }

  private List<InetAddress> addressesOf(String host) throws IOException {
    InetSocketAddress local = options.localAddress();
    InetAddress from = local == null ? null : local.getAddress();
    return Addresses.interleaved(
        Addresses.ofFamily(from, Resolver.resolve(options.resolver(), host)), options.interleave());
  }

  ConnectionHandler connectAny(List<InetAddress> addresses, int port) throws IOException {
    List<IOException> faults = new ArrayList<>();
    List<Coro<ConnectionHandler>> attempts = new ArrayList<>();
    for (InetAddress address : addresses) {
      attempts.add(() -> {
        try {
          return connect(new InetSocketAddress(address, port));
        } catch (IOException fault) {
          faults.add(fault);
          throw fault;
        }
      });
    }
    if (attempts.size() == 1) {
      return connect(new InetSocketAddress(addresses.getFirst(), port));
    }
    RaceResult<ConnectionHandler> race =
        Tasks.staggeredRace(attempts, options.happyEyeballsDelay());
    ConnectionHandler connection = race.value();
    if (connection == null) {
      if (faults.isEmpty()) {
        throw otherFailure(race);
      }
      throw Addresses.together(faults);
    }
    return connection;
  }

  /// The failure if no attempt got as far as a refusal.
  private static RuntimeException otherFailure(RaceResult<?> race) {
    for (@Nullable Throwable fault : race.exceptions()) {
      if (fault != null) {
        throw Rethrow.unchecked(fault);
      }
    }
    throw new CancelledError("the attempts to connect were cancelled before they began");
  }

  private ConnectionHandler connect(SocketAddress address) throws IOException {
    var bootstrap =
        new Bootstrap()
            .group(driver.ioEventLoop())
            .channelFactory(Sockets.connecting(driver.transport(), address))
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Streams.WATER_MARKS)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMillis())
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
    SocketAddress local = address instanceof InetSocketAddress ? options.localAddress() : null;
    ChannelFuture connected = NettyFutures.await(loop, () -> bootstrap.connect(address, local));
    if (!connected.isSuccess()) {
      throw connectFailure(address, connected.cause());
    }
    Addresses.rememberPeer(connected.channel());
    var connection = connected.channel().pipeline().get(ConnectionHandler.class);
    if (connection == null) {
      throw new IOException(
          "the connection to " + Addresses.text(address) + " was lost while it was opened");
    }
    return connection;
  }

  private IOException connectFailure(SocketAddress address, Throwable cause) {
    String reason =
        cause instanceof ConnectTimeoutException
            ? "no answer within " + options.connectTimeoutMillis() + " ms"
            : Addresses.reason(cause, address);
    var fault =
        new ConnectException("could not connect to " + Addresses.text(address) + ": " + reason);
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
    } catch (Throwable left) {
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
                + Addresses.text((SocketAddress) connection.getExtraInfo("peername"))
                + " failed: "
                + Reasons.of(cause));
    fault.initCause(cause);
    return fault;
  }
}
