package io.loop.netty;

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
/// @param resolver what looks up host names; null for the loop's, [NettyLoop#setNameResolver]
public record DatagramOptions(
    int queueLimit,
    int queueBytes,
    boolean reuseAddress,
    boolean reusePort,
    boolean broadcast,
    @Nullable NameResolver resolver) {

  /// 1,024 packets, 1 MiB, an address and port that are not shared, no broadcast.
  public static final DatagramOptions DEFAULT =
      new DatagramOptions(1024, 1 << 20, false, false, false, null);

  /// Checks the limits.
  ///
  /// @throws IllegalArgumentException if a limit is not positive
  public DatagramOptions {
    Range.atLeast(1, queueLimit, "queueLimit");
    Range.atLeast(1, queueBytes, "queueBytes");
  }

  /// {@return these options with other limits of the queue}
  ///
  /// @param packets the highest number of packets in the receive queue
  /// @param bytes the highest number of bytes in the receive queue
  public DatagramOptions withQueue(int packets, int bytes) {
    return new DatagramOptions(packets, bytes, reuseAddress, reusePort, broadcast, resolver);
  }

  /// {@return these options with `SO_REUSEADDR`: the local address may be bound although another
  /// socket uses it}
  public DatagramOptions withReuseAddress() {
    return new DatagramOptions(queueLimit, queueBytes, true, reusePort, broadcast, resolver);
  }

  /// {@return these options with `SO_REUSEPORT`: packets are spread over the sockets of one
  /// address}
  public DatagramOptions withReusePort() {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, true, broadcast, resolver);
  }

  /// {@return these options with broadcasting allowed}
  public DatagramOptions withBroadcast() {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, reusePort, true, resolver);
  }

  /// {@return these options with a resolver}
  ///
  /// @param resolver what looks up host names
  public DatagramOptions withResolver(NameResolver resolver) {
    return new DatagramOptions(
        queueLimit, queueBytes, reuseAddress, reusePort, broadcast, resolver);
  }
}
