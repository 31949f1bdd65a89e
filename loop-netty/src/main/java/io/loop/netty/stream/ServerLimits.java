package io.loop.netty.stream;

import io.loop.netty.base.Range;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Limits that a server sets on its peers. A connection that exceeds one is closed.
///
/// A connection above one of the two numbers is closed as soon as it is accepted, so its peer does
/// not wait. Nothing is logged, because peers decide how often that happens; [Server#refusedCount]
/// counts it.
///
/// The server checks the timeouts periodically, eight times within the shortest of them. So a
/// connection may exceed its timeout by up to a quarter.
///
/// Sending counts as activity when the peer's system takes bytes, also while the connection closes.
/// A peer with a large receive buffer may read for a while before its system takes more, so do not
/// set the timeout too low. On NIO only the data buffered in this process is considered.
///
/// What the streams of an HTTP/2 connection receive and send counts for the connection. They are
/// channels whose parent is the accepted one. The number of streams is not limited here; set
/// `maxConcurrentStreams` in the codec.
///
/// @param connections how many connections may be open
/// @param connectionsPerAddress how many of them may come from one address, behind a proxy the one
///   in the PROXY header; connections from this machine are not counted
/// @param firstMessageTimeout how long it may take until the body has read its first bytes; if it
///   reads lines or blocks, the first complete one. Null for no limit
/// @param idleTimeout how long nothing may arrive and nothing be sent; null for no limit
public record ServerLimits(
    int connections,
    int connectionsPerAddress,
    @Nullable Duration firstMessageTimeout,
    @Nullable Duration idleTimeout) {

  /// 10,000 connections, 100 of them from one address, and an idle timeout of 5 minutes. No limit
  /// for the first message, because in some protocols the server speaks first.
  public static final ServerLimits DEFAULT =
      new ServerLimits(10_000, 100, null, Duration.ofMinutes(5));

  /// No limits at all.
  public static final ServerLimits NONE =
      new ServerLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, null, null);

  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if one is not positive
  public ServerLimits {
    Range.atLeast(1, connections, "connections");
    Range.atLeast(1, connectionsPerAddress, "connectionsPerAddress");
    if (firstMessageTimeout != null) {
      Range.positive(firstMessageTimeout, "firstMessageTimeout");
    }
    if (idleTimeout != null) {
      Range.positive(idleTimeout, "idleTimeout");
    }
  }

  /// {@return these limits with another number of connections} The number for one address stays.
  ///
  /// @param connections how many may be open
  public ServerLimits withConnections(int connections) {
    return withConnections(connections, connectionsPerAddress);
  }

  /// {@return these limits with other numbers of connections}
  ///
  /// @param connections how many may be open
  /// @param connectionsPerAddress how many of them may come from one address
  public ServerLimits withConnections(int connections, int connectionsPerAddress) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }

  /// {@return these limits with another timeout for the first message}
  ///
  /// @param firstMessageTimeout how long it may take; null for no limit
  public ServerLimits withFirstMessageTimeout(@Nullable Duration firstMessageTimeout) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }

  /// {@return these limits with another idle timeout}
  ///
  /// @param idleTimeout how long nothing may arrive and nothing be sent; null for no limit
  public ServerLimits withIdleTimeout(@Nullable Duration idleTimeout) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }
}
