package io.loop.netty;

import io.loop.stream.StreamReader;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a server listens and serves.
///
/// @param limit the limit of each connection's reader, in bytes; 1 or more
/// @param backlog how many connections the system keeps that were not accepted yet; 1 or more
/// @param group the loops that serve the connections; null for the loop that listens
/// @param grace how long a server that is cancelled waits for its connections before it aborts
///   them; not negative
/// @param tls how the connections are protected; null for not at all
/// @param startServing whether the server accepts from the start; if not, peers can connect and
///   wait
/// @param limits what it grants its peers
/// @param reusePort whether others may listen on the same address, and each loop of the group
///   accepts for itself; if not, one loop accepts for all
public record ServerOptions(
    int limit,
    int backlog,
    @Nullable LoopGroup group,
    Duration grace,
    @Nullable TlsOptions tls,
    boolean startServing,
    ServerLimits limits,
    boolean reusePort) {

  /// A limit of 64 KiB, a backlog of 1024, one loop, 10 seconds of grace, no TLS,
  /// [ServerLimits#DEFAULT].
  public static final ServerOptions DEFAULT =
      new ServerOptions(
          StreamReader.DEFAULT_LIMIT,
          1024,
          null,
          Duration.ofSeconds(10),
          null,
          true,
          ServerLimits.DEFAULT,
          false);

  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if limit or backlog is below 1, or the grace time negative
  public ServerOptions {
    Range.atLeast(1, limit, "limit");
    Range.atLeast(1, backlog, "backlog");
    Range.notNegative(grace, "grace");
    Objects.requireNonNull(limits, "limits");
  }

  /// {@return these options with another limit}
  ///
  /// @param limit the limit of each connection's reader, in bytes
  public ServerOptions withLimit(int limit) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with another backlog}
  ///
  /// @param backlog how many connections the system keeps that were not accepted yet
  public ServerOptions withBacklog(int backlog) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with connections spread over a group of loops}
  ///
  /// @param group the loops; they stay the caller's, and are closed by it
  public ServerOptions withGroup(LoopGroup group) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with another grace time}
  ///
  /// @param grace how long a server that is cancelled waits for its connections
  public ServerOptions withGrace(Duration grace) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with TLS}
  ///
  /// @param tls how to protect the connections
  public ServerOptions withTls(TlsOptions tls) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with TLS, as a context has it}
  ///
  /// @param context a server's
  public ServerOptions withTls(SslContext context) {
    return withTls(TlsOptions.of(context));
  }

  /// {@return these options for a server that accepts when [Server#startServing] is called}
  public ServerOptions withoutServing() {
    return new ServerOptions(limit, backlog, group, grace, tls, false, limits, reusePort);
  }

  /// {@return these options with other limits}
  ///
  /// @param limits what the server grants its peers
  public ServerOptions withLimits(ServerLimits limits) {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, reusePort);
  }

  /// {@return these options with an address that others may listen on too, and each loop of the
  /// group on it}
  ///
  /// The system spreads the connections. It may be unfair while there are few.
  public ServerOptions withReusePort() {
    return new ServerOptions(limit, backlog, group, grace, tls, startServing, limits, true);
  }
}
