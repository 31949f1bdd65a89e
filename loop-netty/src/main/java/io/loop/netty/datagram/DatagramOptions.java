package io.loop.netty.datagram;

import io.loop.netty.base.Range;
import io.loop.netty.name.NameResolver;
import io.loop.netty.socket.SocketOptions;
import io.netty.channel.ChannelOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The limits of a datagram endpoint's receive queue, and how its socket is opened.
///
/// @param queueLimit the highest number of packets in the receive queue; packets that arrive while
///   it is full are dropped
/// @param queueBytes the highest number of bytes in the receive queue; if it is empty, a packet of
///   any size is accepted
/// @param reuseAddress whether the local address may be bound although another socket uses it
/// @param reusePort whether the operating system spreads packets over all sockets with this option
///   that are bound to the local address; not supported on every system
/// @param broadcast whether packets may be sent to broadcast addresses
/// @param socketOptions Netty's options of the socket
/// @param resolver what looks up host names; null for the loop's,
///   [`NettyLoop.setNameResolver`][io.loop.netty.NettyLoop#setNameResolver]
public record DatagramOptions(
    int queueLimit,
    int queueBytes,
    boolean reuseAddress,
    boolean reusePort,
    boolean broadcast,
    Map<ChannelOption<?>, Object> socketOptions,
    @Nullable NameResolver resolver) {

  /// 1,024 packets, 1 MiB, an address and port that are not shared, no broadcast.
  public static final DatagramOptions DEFAULT =
      new DatagramOptions(1024, 1 << 20, false, false, false, Map.of(), null);

  /// Checks the limits and the options of the socket.
  ///
  /// @throws IllegalArgumentException if a limit is not positive, or an option of the socket cannot
  ///   be set here
  public DatagramOptions {
    Range.atLeast(1, queueLimit, "queueLimit");
    Range.atLeast(1, queueBytes, "queueBytes");
    socketOptions = SocketOptions.checked(SocketOptions.Use.DATAGRAMS, socketOptions);
  }

  /// {@return these options with other limits of the queue}
  ///
  /// @param packets the highest number of packets in the receive queue
  /// @param bytes the highest number of bytes in the receive queue
  public DatagramOptions withQueue(int packets, int bytes) {
    return new DatagramOptions(
        packets, bytes, reuseAddress, reusePort, broadcast, socketOptions, resolver);
  }

  /// {@return these options with `SO_REUSEADDR`: the local address may be bound although another
  /// socket uses it}
  public DatagramOptions withReuseAddress() {
    return new DatagramOptions(
        queueLimit, queueBytes, true, reusePort, broadcast, socketOptions, resolver);
  }

  /// {@return these options with `SO_REUSEPORT`: packets are spread over the sockets of one
  /// address}
  public DatagramOptions withReusePort() {
    return new DatagramOptions(
        queueLimit, queueBytes, reuseAddress, true, broadcast, socketOptions, resolver);
  }

  /// {@return these options with broadcasting allowed}
  public DatagramOptions withBroadcast() {
    return new DatagramOptions(
        queueLimit, queueBytes, reuseAddress, reusePort, true, socketOptions, resolver);
  }

  /// {@return these options with an option of the socket}
  ///
  /// If the transport does not have the option, or refuses the value, the endpoint is not opened.
  ///
  /// @param option the option, one of [ChannelOption] or of the transport's own options
  /// @param value the value
  /// @param <T> the type of the value
  /// @throws IllegalArgumentException if it cannot be set here, because this module needs it
  public <T> DatagramOptions withOption(ChannelOption<T> option, T value) {
    Map<ChannelOption<?>, Object> socketOptions =
        SocketOptions.with(this.socketOptions, option, value);
    return new DatagramOptions(
        queueLimit, queueBytes, reuseAddress, reusePort, broadcast, socketOptions, resolver);
  }

  /// {@return these options with a resolver}
  ///
  /// @param resolver what looks up host names
  public DatagramOptions withResolver(NameResolver resolver) {
    return new DatagramOptions(
        queueLimit, queueBytes, reuseAddress, reusePort, broadcast, socketOptions, resolver);
  }
}
