package io.loop.netty;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a server grants its peers. Who wants more is cut off.
///
/// The times are looked at eight times in the shortest of them, so they may be exceeded by a
/// quarter.
///
/// Sending counts when the peer's system takes bytes, also while the connection closes. A system
/// with a large buffer may let its program take much out of it before it takes more; leave it time.
/// On NIO only what waits in this process is seen.
///
/// @param connections how many connections may be open
/// @param connectionsPerAddress how many of them from one address; connections from this machine
///   are not counted
/// @param firstMessageTimeout how long it may take until the body has taken its first bytes, which
///   means, if it reads lines or blocks, the first whole one; null for no limit
/// @param idleTimeout how long nothing may arrive and nothing be sent; null for no limit
public record ServerLimits(
    int connections,
    int connectionsPerAddress,
    @Nullable Duration firstMessageTimeout,
    @Nullable Duration idleTimeout) {

  /// 10,000 connections, 100 of them from one address, and 5 minutes without a byte; no limit for
  /// the first message, as there are protocols in which the server speaks first.
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

  /// {@return these limits with other numbers of connections}
  ///
  /// @param connections how many may be open
  /// @param connectionsPerAddress how many of them from one address
  public ServerLimits withConnections(int connections, int connectionsPerAddress) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }

  /// {@return these limits with one for the first message}
  ///
  /// @param firstMessageTimeout how long it may take; null for no limit
  public ServerLimits withFirstMessageTimeout(@Nullable Duration firstMessageTimeout) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }

  /// {@return these limits with another one for silence}
  ///
  /// @param idleTimeout how long nothing may arrive and nothing be sent; null for no limit
  public ServerLimits withIdleTimeout(@Nullable Duration idleTimeout) {
    return new ServerLimits(connections, connectionsPerAddress, firstMessageTimeout, idleTimeout);
  }
}
