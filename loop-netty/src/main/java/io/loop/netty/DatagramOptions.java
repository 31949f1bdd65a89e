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

  /// {@return these options with a local address that may be taken although another socket has it}
  public DatagramOptions withReuseAddress() {
    return new DatagramOptions(queueLimit, queueBytes, true, reusePort, broadcast);
  }

  /// {@return these options with packets spread over the sockets of one address}
  public DatagramOptions withReusePort() {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, true, broadcast);
  }

  /// {@return these options with broadcasting allowed}
  public DatagramOptions withBroadcast() {
    return new DatagramOptions(queueLimit, queueBytes, reuseAddress, reusePort, true);
  }
}
