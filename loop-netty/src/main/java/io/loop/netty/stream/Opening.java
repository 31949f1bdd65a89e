package io.loop.netty.stream;

import io.loop.Asyncio;
import io.loop.RaceResult;
import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.Reasons;
import io.loop.netty.base.Rethrow;
import io.loop.netty.connection.Connection;
import io.loop.netty.connection.ConnectionEvents;
import io.loop.netty.connection.ConnectionHandler;
import io.loop.netty.connection.PendingBytes;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.proxy.ProxySender;
import io.loop.netty.socket.Resolver;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.socket.Sockets;
import io.loop.netty.tls.TlsHandler;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
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
    SocketAddress address = Sockets.unixAddress(driver.transport(), path);
    return finish(connect(address), null, 0);
  }

  StreamConnection finish(Connection connection, @Nullable String host, int port)
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

  Connection connectAny(List<InetAddress> addresses, int port) throws IOException {
    List<IOException> faults = new ArrayList<>();
    List<Coro<Connection>> attempts = new ArrayList<>();
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
    RaceResult<Connection> race = Asyncio.staggeredRace(attempts, options.happyEyeballsDelay());
    Connection connection = race.value();
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

  private Connection connect(SocketAddress address) throws IOException {
    var initializer = new Initializer();
    Transport transport = driver.transport();
    var bootstrap =
        new Bootstrap()
            .group(driver.ioEventLoop())
            .channelFactory(
                SocketOptions.with(
                    Sockets.connecting(transport, address), options.socketOptions(), transport))
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, PendingBytes.WATER_MARKS)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMillis())
            .handler(initializer);
    SocketAddress local = address instanceof InetSocketAddress ? options.localAddress() : null;
    ChannelFuture connected = ChannelFutures.open(loop, () -> bootstrap.connect(address, local));
    if (initializer.fault != null) {
      throw Rethrow.unchecked(initializer.fault);
    }
    if (!connected.isSuccess()) {
      throw connectFailure(address, connected.cause());
    }
    Addresses.rememberPeer(connected.channel());
    var handler = connected.channel().pipeline().get(ConnectionHandler.class);
    if (handler == null) {
      throw new IOException(
          "the connection to " + Addresses.text(address) + " was lost while it was opened");
    }
    return handler.connection();
  }

  /// Makes the pipeline of a connection, and keeps the failure to do so.
  private final class Initializer extends ChannelInitializer<Channel> {

    private @Nullable Throwable fault;

    @Override
    protected void initChannel(Channel channel) throws Exception {
      var connection = new Connection(channel, loop, options.limit(), null, ConnectionEvents.NONE);
      if (options.pipeline() != null) {
        options.pipeline().initialize(channel.pipeline());
        connection.expectForeignHandlers();
      }
      if (options.proxyHeader() != null) {
        ProxySender.addTo(channel.pipeline(), options.proxyHeader());
      }
      channel.pipeline().addLast(connection.handler());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      this.fault = fault;
      context.channel().unsafe().close(context.channel().voidPromise());
    }
  }

  private IOException connectFailure(SocketAddress address, Throwable cause) {
    if (cause instanceof IllegalArgumentException option) {
      throw option; // it is not on this transport, or its value is not valid
    }
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
      throw handshakeFailure(connection);
    }
  }

  private static IOException handshakeFailure(Connection connection) {
    Throwable cause = connection.cause();
    var fault =
        new SSLHandshakeException(
            "TLS handshake with "
                + Addresses.text(connection.peer().address())
                + " failed: "
                + Reasons.of(cause));
    fault.initCause(cause);
    return fault;
  }
}
