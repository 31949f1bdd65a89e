package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.Reasons;
import io.loop.netty.socket.Resolver;
import io.loop.netty.socket.Sockets;
import io.loop.task.Tasks;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.SocketProtocolFamily;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Opens UDP endpoints.
///
/// Coroutines only, on a loop that runs on Netty. A loop that is attached to an existing event loop
/// is one of these.
///
/// Source: `loop.create_datagram_endpoint`, Python 3.15.
public final class Datagrams {

  private Datagrams() {}

  /// Opens an endpoint with the default options; see [#createDatagramEndpoint(InetSocketAddress,
  /// InetSocketAddress, DatagramOptions)].
  ///
  /// @param localAddress the address it receives on; null for any free port
  /// @param remoteAddress its only peer; null for an endpoint that is not connected
  /// @return the endpoint
  /// @throws IOException if the local address cannot be bound, or a host is unknown
  public static DatagramEndpoint createDatagramEndpoint(
      @Nullable InetSocketAddress localAddress, @Nullable InetSocketAddress remoteAddress)
      throws IOException {
    return createDatagramEndpoint(localAddress, remoteAddress, DatagramOptions.DEFAULT);
  }

  /// Opens an endpoint. Suspends; a cancellation leaves no socket behind.
  ///
  /// With a remote address the endpoint is connected: it receives from that peer only, and gets an
  /// error when the peer's machine refuses a packet. An unresolved address, from
  /// [InetSocketAddress#createUnresolved], is looked up here. The first address is used, or with
  /// two hosts the first of a family that both have.
  ///
  /// The socket has the family of its address. On `0.0.0.0`, which `new InetSocketAddress(port)`
  /// means too, it is for IPv4. On `::` it receives over IPv6 and IPv4.
  ///
  /// Source: `loop.create_datagram_endpoint`.
  ///
  /// @param localAddress the address it receives on; null for any free port
  /// @param remoteAddress its only peer; null for an endpoint that is not connected
  /// @param options the limits of its receive queue, and how its socket is opened
  /// @return the endpoint
  /// @throws IOException if the local address cannot be bound, a host is unknown, or the two
  ///   addresses have no family in common
  /// @throws IllegalArgumentException if both addresses are null
  /// @throws IllegalStateException if the loop does not run on Netty, or its executor has no
  ///   sockets
  public static DatagramEndpoint createDatagramEndpoint(
      @Nullable InetSocketAddress localAddress,
      @Nullable InetSocketAddress remoteAddress,
      DatagramOptions options)
      throws IOException {
    if (localAddress == null && remoteAddress == null) {
      throw new IllegalArgumentException("an endpoint needs a local or a remote address");
    }
    Loop loop = Loop.running();
    List<InetSocketAddress> locals = resolve(localAddress, options);
    List<InetSocketAddress> remotes = resolve(remoteAddress, options);
    InetSocketAddress remote = remotes.isEmpty() ? null : firstOfFamilies(remotes, locals);
    InetSocketAddress local =
        locals.isEmpty()
            ? null
            : firstOfFamilies(locals, remote == null ? List.of() : List.of(remote));
    InetSocketAddress important = Objects.requireNonNull(remote == null ? local : remote);
    var received = new DatagramQueue(loop, options);
    DatagramSocket socket = open(loop, familyOf(important));
    var handler = new DatagramHandler(loop, socket, received, remote != null);
    Bootstrap bootstrap = socket.bootstrap(loop, options).handler(handler);
    ChannelFuture opened = ChannelFutures.open(loop, () -> start(bootstrap, local, remote));
    if (opened.cause() instanceof IllegalArgumentException option) {
      throw option; // it is not on this transport, or its value is not valid
    }
    if (!opened.isSuccess()) {
      throw failure(important, remote != null, opened.cause());
    }
    return new DatagramEndpoint(loop, handler, received, remote);
  }

  private static List<InetSocketAddress> resolve(
      @Nullable InetSocketAddress address, DatagramOptions options) throws IOException {
    if (address == null) {
      return List.of();
    }
    if (!address.isUnresolved()) {
      return List.of(address);
    }
    return Resolver.resolve(options.resolver(), address.getHostString()).stream()
        .map(each -> new InetSocketAddress(each, address.getPort()))
        .toList();
  }

  /// {@return the first address with the family of one of the others, or the first if there are no
  /// others}
  private static InetSocketAddress firstOfFamilies(
      List<InetSocketAddress> addresses, List<InetSocketAddress> others) throws IOException {
    if (others.isEmpty()) {
      return addresses.getFirst();
    }
    for (InetSocketAddress address : addresses) {
      for (InetSocketAddress other : others) {
        if (familyOf(address) == familyOf(other)) {
          return address;
        }
      }
    }
    throw new ConnectException(
        "no address of "
            + addresses.stream().map(Addresses::text).toList()
            + " has the same family as one of "
            + others.stream().map(Addresses::text).toList());
  }

  private static SocketProtocolFamily familyOf(InetSocketAddress address) {
    return Sockets.familyOf(address.getAddress());
  }

  private static DatagramSocket open(Loop loop, SocketProtocolFamily family) throws IOException {
    try {
      return Tasks.onLoopThread(() -> DatagramSocket.open(loop, family));
    } catch (ChannelException fault) {
      throw new IOException("could not open a socket: " + Reasons.of(fault), fault);
    }
  }

  private static ChannelFuture start(
      Bootstrap bootstrap, @Nullable InetSocketAddress local, @Nullable InetSocketAddress remote) {
    if (remote == null) {
      return local == null ? bootstrap.bind() : bootstrap.bind(local);
    }
    return local == null ? bootstrap.connect(remote) : bootstrap.connect(remote, local);
  }

  private static IOException failure(InetSocketAddress address, boolean isRemote, Throwable cause) {
    String text = Addresses.text(address) + ": " + Addresses.reason(cause, address);
    IOException fault =
        isRemote
            ? new ConnectException("could not connect to " + text)
            : new BindException("could not bind to " + text);
    fault.initCause(cause);
    return fault;
  }
}
