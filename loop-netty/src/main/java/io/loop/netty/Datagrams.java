package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.Tasks;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// Packets over UDP.
///
/// Coroutines of a loop on Netty only, one that is attached to somebody else's event loop too.
///
/// Source: `loop.create_datagram_endpoint`, Python 3.15.
public final class Datagrams {

  private Datagrams() {}

  /// Opens an endpoint with the default options; as [#createDatagramEndpoint(InetSocketAddress,
  /// InetSocketAddress, DatagramOptions)].
  ///
  /// @param localAddress where it receives; null for any free port
  /// @param remoteAddress the one peer it talks to; null for all
  /// @return the endpoint
  /// @throws IOException if the local address cannot be had, or a host is unknown
  public static DatagramEndpoint createDatagramEndpoint(
      @Nullable InetSocketAddress localAddress, @Nullable InetSocketAddress remoteAddress)
      throws IOException {
    return createDatagramEndpoint(localAddress, remoteAddress, DatagramOptions.DEFAULT);
  }

  /// Opens an endpoint. Suspends; a cancellation leaves no socket behind.
  ///
  /// With a remote address it is connected: it receives from that peer only, and learns when the
  /// peer's machine refuses a packet. Host names are looked up, and the first address is taken;
  /// make such an address with [InetSocketAddress#createUnresolved].
  ///
  /// Source: `loop.create_datagram_endpoint`.
  ///
  /// @param localAddress where it receives; null for any free port
  /// @param remoteAddress the one peer it talks to; null for all
  /// @param options what it holds, and how its socket is opened
  /// @return the endpoint
  /// @throws IOException if the local address cannot be had, or a host is unknown
  /// @throws IllegalArgumentException if there is no address at all
  /// @throws IllegalStateException if the loop is not on Netty, or its executor has no sockets
  public static DatagramEndpoint createDatagramEndpoint(
      @Nullable InetSocketAddress localAddress,
      @Nullable InetSocketAddress remoteAddress,
      DatagramOptions options)
      throws IOException {
    if (localAddress == null && remoteAddress == null) {
      throw new IllegalArgumentException("an endpoint needs a local or a remote address");
    }
    Loop loop = Loop.running();
    InetSocketAddress local = resolve(localAddress);
    InetSocketAddress remote = resolve(remoteAddress);
    var received = new DatagramQueue(loop, options);
    DatagramSocket socket = open(loop);
    var handler = new DatagramHandler(loop, socket, received, remote != null);
    Bootstrap bootstrap = socket.bootstrap(loop, options).handler(handler);
    ChannelFuture opened = NettyFutures.await(loop, () -> start(bootstrap, local, remote));
    if (!opened.isSuccess()) {
      throw failure(local, remote, opened.cause());
    }
    return new DatagramEndpoint(loop, handler, received, remote);
  }

  private static @Nullable InetSocketAddress resolve(@Nullable InetSocketAddress address)
      throws IOException {
    return address == null || !address.isUnresolved()
        ? address
        : new InetSocketAddress(
            Resolver.resolve(address.getHostString()).getFirst(), address.getPort());
  }

  private static DatagramSocket open(Loop loop) throws IOException {
    try {
      return Tasks.onLoopThread(() -> DatagramSocket.open(loop));
    } catch (ChannelException fault) {
      throw new IOException("could not open a socket: " + fault.getMessage(), fault);
    }
  }

  private static ChannelFuture start(
      Bootstrap bootstrap, @Nullable InetSocketAddress local, @Nullable InetSocketAddress remote) {
    if (remote == null) {
      return local == null ? bootstrap.bind() : bootstrap.bind(local);
    }
    return local == null ? bootstrap.connect(remote) : bootstrap.connect(remote, local);
  }

  private static IOException failure(
      @Nullable InetSocketAddress local, @Nullable InetSocketAddress remote, Throwable cause) {
    IOException fault =
        remote == null
            ? new BindException("could not bind to " + local + ": " + cause.getMessage())
            : new ConnectException("could not connect to " + remote + ": " + cause.getMessage());
    fault.initCause(cause);
    return fault;
  }
}
