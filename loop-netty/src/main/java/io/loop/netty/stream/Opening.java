package io.loop.netty.stream;

import io.loop.Asyncio;
import io.loop.RaceResult;
import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.Rethrow;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.proxy.ProxySender;
import io.loop.netty.socket.Resolver;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.socket.Sockets;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Opens connections of any kind: resolves the peer's addresses and connects. Coroutines only.
///
/// @param <C> what a connection is for its kind
final class Opening<C> {

  /// What the kinds of connections do differently.
  ///
  /// @param <C> what a connection is
  interface Kind<C> {

    /// Adds a connection to the pipeline of a channel that is going to be connected; loop's thread.
    ///
    /// @throws Exception if it cannot be opened, for this reason
    C addTo(Channel channel) throws Exception;

    /// The channel is connected.
    ///
    /// @throws IOException if it is of no use
    void connected(C connection, SocketAddress address) throws IOException;

    /// The channel was not connected, or lost the race against another address.
    void failed(C connection);
  }

  private final Loop loop;
  private final NettyDriver driver;
  private final ConnectionOptions options;
  private final Kind<C> kind;

  Opening(Loop loop, ConnectionOptions options, Kind<C> kind) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.options = options;
    this.kind = kind;
  }

  /// Connects to a host.
  C open(String host, int port) throws IOException {
    return connectAny(addressesOf(host), port);
  }

  /// Connects to a Unix socket.
  C openUnix(Path path) throws IOException {
    return connect(Sockets.unixAddress(driver.transport(), path));
  }

  private List<InetAddress> addressesOf(String host) throws IOException {
    InetSocketAddress local = options.localAddress();
    InetAddress from = local == null ? null : local.getAddress();
    return Addresses.interleaved(
        Addresses.ofFamily(from, Resolver.resolve(options.resolver(), host)), options.interleave());
  }

  C connectAny(List<InetAddress> addresses, int port) throws IOException {
    List<IOException> faults = new ArrayList<>();
    List<Coro<C>> attempts = new ArrayList<>();
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
    RaceResult<C> race = Asyncio.staggeredRace(attempts, options.happyEyeballsDelay());
    C connection = race.value();
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

  private C connect(SocketAddress address) throws IOException {
    var initializer = new Initializer();
    Transport transport = driver.transport();
    var bootstrap =
        new Bootstrap()
            .group(driver.ioEventLoop())
            .channelFactory(
                SocketOptions.with(
                    Sockets.connecting(transport, address), options.socketOptions(), transport))
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMillis())
            .handler(initializer);
    SocketAddress local = address instanceof InetSocketAddress ? options.localAddress() : null;
    try {
      ChannelFuture connected = ChannelFutures.open(loop, () -> bootstrap.connect(address, local));
      if (initializer.fault != null) {
        throw Rethrow.unchecked(initializer.fault);
      }
      if (!connected.isSuccess()) {
        throw connectFailure(address, connected.cause());
      }
      Addresses.rememberPeer(connected.channel());
      C connection = Objects.requireNonNull(initializer.connection, "the pipeline is made");
      kind.connected(connection, address);
      return connection;
    } catch (Throwable failed) {
      if (initializer.connection != null) {
        kind.failed(initializer.connection);
      }
      throw failed;
    }
  }

  /// Makes the pipeline of a connection, and keeps the failure to do so.
  private final class Initializer extends ChannelInitializer<Channel> {

    private @Nullable C connection;
    private @Nullable Throwable fault;

    @Override
    protected void initChannel(Channel channel) throws Exception {
      if (options.pipeline() != null) {
        options.pipeline().initialize(channel.pipeline());
      }
      if (options.proxyHeader() != null) {
        ProxySender.addTo(channel.pipeline(), options.proxyHeader());
      }
      connection = kind.addTo(channel);
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
}
