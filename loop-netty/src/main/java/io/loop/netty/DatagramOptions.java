package io.loop.netty;

/// What a datagram endpoint holds, and how its socket is opened.
///
/// @param queueLimit how many packets wait to be received at most; what arrives then is dropped
/// @param queueBytes how many bytes they have at most; a packet that finds the queue empty is kept
///   whatever its size
/// @param reuseAddress whether the local address may be taken although another socket has it
/// @param reusePort whether the system spreads packets over all sockets that have the local address
///   and say the same; not on every system
/// @param broadcast whether packets may be sent to broadcast addresses
public record DatagramOptions(
    int queueLimit, int queueBytes, boolean reuseAddress, boolean reusePort, boolean broadcast) {

  /// 1,024 packets, 1 MiB, an address and port of one's own, no broadcast.
  public static final DatagramOptions DEFAULT =
      new DatagramOptions(1024, 1 << 20, false, false, false);

  /// Checks the bounds.
  ///
  /// @throws IllegalArgumentException if one is not positive
  public DatagramOptions {
    Range.atLeast(1, queueLimit, "queueLimit");
    Range.atLeast(1, queueBytes, "queueBytes");
  }

  /// {@return these options with other bounds of the queue}
  ///
  /// @param packets how many packets wait to be received at most
  /// @param bytes how many bytes they have at most
  public DatagramOptions withQueue(int packets, int bytes) {
    return new DatagramOptions(packets, bytes, reuseAddress, reusePort, broadcast);
  }

  /// {@return these options with the local address shared, as the system understands it}
  ///
  /// @param on whether the address may be taken although another socket has it
  public DatagramOptions withReuseAddress(boolean on) {
    return new DatagramOptions(queueLimit, queueBytes, on, reusePort, broadcast);
  }

  /// {@return these options with packets spread over the sockets of one address}
  ///
  /// @param on whether they are
  public DatagramOptions withReusePort(boolean on) {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, on, broadcast);
  }

  /// {@return these options with broadcasting allowed or not}
  ///
  /// @param on whether it is
  public DatagramOptions withBroadcast(boolean on) {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, reusePort, on);
  }
}
