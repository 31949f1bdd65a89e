package io.loop.netty;

import io.loop.stream.StreamReader;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a server listens for connections and serves them.
///
/// @param limit the buffer limit of each connection's reader, in bytes; 1 or more
/// @param backlog how many connections the operating system queues until they are accepted; 1 or
///   more
/// @param group the loops that serve the connections; null for the loop that listens
/// @param grace the grace period: how long a cancelled server waits for its connections before it
///   aborts them; not negative
/// @param tls how the connections are protected; null for plain connections
/// @param startServing whether the server accepts connections from the start. If not, peers can
///   connect, but wait to be accepted
/// @param limits how many connections are allowed, and how long they may be idle
/// @param reusePort whether other sockets may listen on the same address. Each loop of the group
///   then accepts its own connections; otherwise one loop accepts for all
/// @param resolver what looks up host names; null for the loop's, [NettyLoop#setNameResolver]
public record ServerOptions(
    int limit,
    int backlog,
    @Nullable LoopGroup group,
    Duration grace,
    @Nullable TlsOptions tls,
    boolean startServing,
    ServerLimits limits,
    boolean reusePort,
    @Nullable NameResolver resolver) {

  /// A limit of 64 KiB, a backlog of 1024, one loop, a grace period of 10 seconds, no TLS,
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
          false,
          null);

  /// Checks the numbers.
  ///
  /// @throws IllegalArgumentException if limit or backlog is below 1, or the grace period is
  ///   negative
  public ServerOptions {
    Range.atLeast(1, limit, "limit");
    Range.atLeast(1, backlog, "backlog");
    Range.notNegative(grace, "grace");
    Objects.requireNonNull(limits, "limits");
  }

  /// {@return these options with another limit}
  ///
  /// @param limit the buffer limit of each connection's reader, in bytes
  public ServerOptions withLimit(int limit) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with another backlog}
  ///
  /// @param backlog how many connections the operating system queues until they are accepted
  public ServerOptions withBacklog(int backlog) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with connections spread over a group of loops}
  ///
  /// @param group the loops; the caller still owns the group, and closes it
  public ServerOptions withGroup(LoopGroup group) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with another grace period}
  ///
  /// @param grace how long a cancelled server waits for its connections
  public ServerOptions withGrace(Duration grace) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with TLS}
  ///
  /// @param tls how to protect the connections
  public ServerOptions withTls(TlsOptions tls) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with TLS from a context}
  ///
  /// @param context a context for servers
  public ServerOptions withTls(SslContext context) {
    return withTls(TlsOptions.of(context));
  }

  /// {@return these options for a server that accepts connections only after [Server#startServing]}
  public ServerOptions withoutServing() {
    return new ServerOptions(limit, backlog, group, grace, tls, false, limits, reusePort, resolver);
  }

  /// {@return these options with other limits}
  ///
  /// @param limits how many connections are allowed, and how long they may be idle
  public ServerOptions withLimits(ServerLimits limits) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }

  /// {@return these options with `SO_REUSEPORT`: other sockets may listen on the same address, and
  /// each loop of the group does}
  ///
  /// The operating system spreads the connections. With few connections the spread may be uneven.
  public ServerOptions withReusePort() {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, true, resolver);
  }

  /// {@return these options with a resolver}
  ///
  /// @param resolver what looks up host names
  public ServerOptions withResolver(NameResolver resolver) {
    return new ServerOptions(
        limit, backlog, group, grace, tls, startServing, limits, reusePort, resolver);
  }
}
