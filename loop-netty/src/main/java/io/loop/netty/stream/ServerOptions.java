package io.loop.netty.stream;

import io.loop.netty.LoopGroup;
import io.loop.netty.base.Range;
import io.loop.netty.name.NameResolver;
import io.loop.netty.socket.InheritedSocket;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.TlsOptions;
import io.loop.stream.StreamReader;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
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
/// @param pipeline adds the program's own handlers to the pipeline of each connection; null for
///   none
/// @param proxyProtocol what is required of the PROXY header with which each connection has to
///   start; null if there is none
/// @param socketOptions Netty's options of the listening sockets
/// @param childOptions Netty's options of the accepted sockets
/// @param resolver what looks up host names; null for the loop's,
///   [`NettyLoop.setNameResolver`][io.loop.netty.NettyLoop#setNameResolver]
/// @param descriptor the descriptor of a listening socket that was inherited; -1 for none
public record ServerOptions(
    int limit,
    int backlog,
    @Nullable LoopGroup group,
    Duration grace,
    @Nullable TlsOptions tls,
    boolean startServing,
    ServerLimits limits,
    boolean reusePort,
    @Nullable PipelineInitializer pipeline,
    @Nullable ProxyProtocol proxyProtocol,
    Map<ChannelOption<?>, Object> socketOptions,
    Map<ChannelOption<?>, Object> childOptions,
    @Nullable NameResolver resolver,
    int descriptor) {

  private static final int NONE = -1;

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
          null,
          null,
          Map.of(),
          Map.of(),
          null,
          NONE);

  /// Checks the numbers and the options of the sockets.
  ///
  /// @throws IllegalArgumentException if limit or backlog is below 1, the grace period is negative,
  ///   an option of a socket cannot be set here, the descriptor is below -1, or `reusePort` is set
  ///   for an inherited socket
  public ServerOptions {
    Range.atLeast(1, limit, "limit");
    Range.atLeast(1, backlog, "backlog");
    Range.notNegative(grace, "grace");
    Objects.requireNonNull(limits, "limits");
    Range.atLeast(NONE, descriptor, "descriptor");
    if (descriptor != NONE && reusePort) {
      throw new IllegalArgumentException(
          "an inherited socket is bound already: set SO_REUSEPORT where it is bound");
    }
    socketOptions = SocketOptions.checked(SocketOptions.Use.LISTENER, socketOptions);
    childOptions = SocketOptions.checked(SocketOptions.Use.CONNECTION, childOptions);
  }

  /// {@return these options with another limit}
  ///
  /// @param limit the buffer limit of each connection's reader, in bytes
  public ServerOptions withLimit(int limit) {
    return with(draft -> draft.limit = limit);
  }

  /// {@return these options with another backlog}
  ///
  /// @param backlog how many connections the operating system queues until they are accepted
  public ServerOptions withBacklog(int backlog) {
    return with(draft -> draft.backlog = backlog);
  }

  /// {@return these options with connections spread over a group of loops}
  ///
  /// @param group the loops; the caller still owns the group, and closes it
  public ServerOptions withGroup(LoopGroup group) {
    return with(draft -> draft.group = group);
  }

  /// {@return these options with another grace period}
  ///
  /// @param grace how long a cancelled server waits for its connections
  public ServerOptions withGrace(Duration grace) {
    return with(draft -> draft.grace = grace);
  }

  /// {@return these options with TLS}
  ///
  /// @param tls how to protect the connections
  public ServerOptions withTls(TlsOptions tls) {
    return with(draft -> draft.tls = tls);
  }

  /// {@return these options with TLS from a context}
  ///
  /// @param context a context for servers
  public ServerOptions withTls(SslContext context) {
    return withTls(TlsOptions.of(context));
  }

  /// {@return these options for a server that accepts connections only after [Server#startServing]}
  public ServerOptions withoutServing() {
    return with(draft -> draft.startServing = false);
  }

  /// {@return these options with other limits}
  ///
  /// @param limits how many connections are allowed, and how long they may be idle
  public ServerOptions withLimits(ServerLimits limits) {
    return with(draft -> draft.limits = limits);
  }

  /// {@return these options with `SO_REUSEPORT`: other sockets may listen on the same address, and
  /// each loop of the group does}
  ///
  /// The operating system spreads the connections. With few connections the spread may be uneven.
  ///
  /// @throws IllegalArgumentException if the socket is inherited
  public ServerOptions withReusePort() {
    return with(draft -> draft.reusePort = true);
  }

  /// {@return these options with the program's own handlers in the pipeline of each connection,
  /// between the socket and everything else: before the PROXY header, TLS and the stream}
  ///
  /// @param pipeline adds the handlers; replaces what was set before
  public ServerOptions withPipeline(PipelineInitializer pipeline) {
    return with(draft -> draft.pipeline = pipeline);
  }

  /// {@return these options for a server whose connections all come from proxies that send a PROXY
  /// header first; with the default requirements}
  ///
  /// Every peer is trusted, so only proxies may be able to reach the port. See [ProxyProtocol].
  public ServerOptions withProxyProtocol() {
    return withProxyProtocol(ProxyProtocol.DEFAULT);
  }

  /// {@return these options for a server whose connections all come from proxies that send a PROXY
  /// header first}
  ///
  /// @param proxyProtocol what is required of the header
  public ServerOptions withProxyProtocol(ProxyProtocol proxyProtocol) {
    return with(draft -> draft.proxyProtocol = proxyProtocol);
  }

  /// {@return these options with an option of the listening sockets}
  ///
  /// If the transport does not have the option, or refuses the value, the server does not start.
  ///
  /// @param option the option, one of [ChannelOption] or of the transport's own options
  /// @param value the value
  /// @param <T> the type of the value
  /// @throws IllegalArgumentException if it cannot be set here, because this module needs it
  public <T> ServerOptions withOption(ChannelOption<T> option, T value) {
    Map<ChannelOption<?>, Object> socketOptions =
        SocketOptions.with(this.socketOptions, option, value);
    return with(draft -> draft.socketOptions = socketOptions);
  }

  /// {@return these options with an option of the accepted sockets}
  ///
  /// If the transport does not have the option, or refuses the value, the server does not start.
  ///
  /// @param option the option, one of [ChannelOption] or of the transport's own options
  /// @param value the value
  /// @param <T> the type of the value
  /// @throws IllegalArgumentException if it cannot be set here, because this module needs it
  public <T> ServerOptions withChildOption(ChannelOption<T> option, T value) {
    Map<ChannelOption<?>, Object> childOptions =
        SocketOptions.with(this.childOptions, option, value);
    return with(draft -> draft.childOptions = childOptions);
  }

  /// {@return these options with a resolver}
  ///
  /// @param resolver what looks up host names
  public ServerOptions withResolver(NameResolver resolver) {
    return with(draft -> draft.resolver = resolver);
  }

  /// {@return these options for a listening TCP socket that another process has bound and passed to
  /// this one}
  ///
  /// The server takes the descriptor over, and closes it when it stops listening. The host and the
  /// port that are passed to `startServer`, the backlog and the resolver have no effect. Epoll
  /// only; the socket must be in non-blocking mode.
  ///
  /// Source: the argument `sock` of `asyncio.start_server`.
  ///
  /// @param descriptor the descriptor
  /// @throws IllegalArgumentException if it is negative, or [#withReusePort] was called
  public ServerOptions withInheritedSocket(int descriptor) {
    Range.atLeast(0, descriptor, "descriptor");
    return with(draft -> draft.descriptor = descriptor);
  }

  /// {@return these options for the first socket that systemd has passed to this process, by socket
  /// activation} See [#withInheritedSocket].
  ///
  /// The unit of the service needs `NonBlocking=true`.
  ///
  /// Source: `sd_listen_fds(3)` of systemd.
  ///
  /// @throws IllegalStateException if systemd has passed no socket to this process
  /// @throws IllegalArgumentException if [#withReusePort] was called
  public ServerOptions withSystemdSocket() {
    return withInheritedSocket(
        InheritedSocket.ofSystemd(System.getenv(), ProcessHandle.current().pid()));
  }

  /// Refuses an inherited socket where the address is given in another way.
  void requireNoInheritedSocket() {
    if (descriptor != NONE) {
      throw new IllegalArgumentException(
          "an inherited socket is served by startServer with a host and a port: leave"
              + " withInheritedSocket out");
    }
  }

  private ServerOptions with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.toOptions();
  }

  /// The same options while one of them changes: a record has no copy with one other component.
  private static final class Draft {
    private int limit;
    private int backlog;
    private @Nullable LoopGroup group;
    private Duration grace;
    private @Nullable TlsOptions tls;
    private boolean startServing;
    private ServerLimits limits;
    private boolean reusePort;
    private @Nullable PipelineInitializer pipeline;
    private @Nullable ProxyProtocol proxyProtocol;
    private Map<ChannelOption<?>, Object> socketOptions;
    private Map<ChannelOption<?>, Object> childOptions;
    private @Nullable NameResolver resolver;
    private int descriptor;

    Draft(ServerOptions from) {
      this.limit = from.limit;
      this.backlog = from.backlog;
      this.group = from.group;
      this.grace = from.grace;
      this.tls = from.tls;
      this.startServing = from.startServing;
      this.limits = from.limits;
      this.reusePort = from.reusePort;
      this.pipeline = from.pipeline;
      this.proxyProtocol = from.proxyProtocol;
      this.socketOptions = from.socketOptions;
      this.childOptions = from.childOptions;
      this.resolver = from.resolver;
      this.descriptor = from.descriptor;
    }

    ServerOptions toOptions() {
      return new ServerOptions(
          limit,
          backlog,
          group,
          grace,
          tls,
          startServing,
          limits,
          reusePort,
          pipeline,
          proxyProtocol,
          socketOptions,
          childOptions,
          resolver,
          descriptor);
    }
  }
}
