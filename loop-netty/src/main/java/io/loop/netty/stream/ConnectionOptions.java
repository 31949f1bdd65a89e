package io.loop.netty.stream;

import io.loop.netty.base.Addresses;
import io.loop.netty.base.Range;
import io.loop.netty.name.NameResolver;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.TlsOptions;
import io.loop.stream.StreamReader;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// How a connection is opened.
///
/// @param limit the buffer limit of its reader, in bytes; 1 or more
/// @param tls how it is protected; null for a plain connection
/// @param localAddress the address to connect from; null to let the system choose. Only the peer's
///   addresses of the same family are tried
/// @param happyEyeballsDelay how long to try one of the peer's addresses before the next is tried
///   in parallel; null to wait until it has failed. RFC 8305 proposes 250 milliseconds
/// @param interleave how many addresses of the first family are tried before the families
///   alternate; 0 for the resolver's order
/// @param connectTimeout how long to try one of the peer's addresses; null to leave it to the
///   system, which takes about two minutes on Linux. To limit everything, with the name lookup and
///   the TLS handshake, use [io.loop.Asyncio#timeout]
/// @param pipeline adds the program's own handlers to the connection's pipeline; null for none
/// @param proxyHeader the PROXY header to send first; null for none
/// @param socketOptions Netty's options of the socket
/// @param resolver what looks up host names; null for the loop's,
///   [`NettyLoop.setNameResolver`][io.loop.netty.NettyLoop#setNameResolver]
public record ConnectionOptions(
    int limit,
    @Nullable TlsOptions tls,
    @Nullable InetSocketAddress localAddress,
    @Nullable Duration happyEyeballsDelay,
    int interleave,
    @Nullable Duration connectTimeout,
    @Nullable PipelineInitializer pipeline,
    @Nullable ProxyHeader proxyHeader,
    Map<ChannelOption<?>, Object> socketOptions,
    @Nullable NameResolver resolver) {

  /// A limit of 64 KiB, no TLS, one address after the other, each for as long as the system tries
  /// it.
  public static final ConnectionOptions DEFAULT =
      new ConnectionOptions(
          StreamReader.DEFAULT_LIMIT, null, null, null, 0, null, null, null, Map.of(), null);

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

  /// Checks the numbers and the options of the socket.
  ///
  /// @throws IllegalArgumentException if the limit is below 1, another number is negative, the
  ///   connect timeout is not positive, the local address is unresolved, or an option of the socket
  ///   cannot be set here
  public ConnectionOptions {
    Range.atLeast(1, limit, "limit");
    Range.atLeast(0, interleave, "interleave");
    if (happyEyeballsDelay != null) {
      Range.notNegative(happyEyeballsDelay, "happyEyeballsDelay");
    }
    if (connectTimeout != null) {
      Range.positive(connectTimeout, "connectTimeout");
    }
    if (localAddress != null && localAddress.isUnresolved()) {
      throw new IllegalArgumentException(
          "the local address is not resolved: " + Addresses.text(localAddress));
    }
    socketOptions = SocketOptions.checked(SocketOptions.Use.CONNECTION, socketOptions);
  }

  /// {@return these options with another limit}
  ///
  /// @param limit the buffer limit of the reader, in bytes
  public ConnectionOptions withLimit(int limit) {
    return with(draft -> draft.limit = limit);
  }

  /// {@return these options with TLS}
  ///
  /// @param tls how to protect the connection
  public ConnectionOptions withTls(TlsOptions tls) {
    return with(draft -> draft.tls = tls);
  }

  /// {@return these options with TLS from a context}
  ///
  /// @param context a context for clients
  public ConnectionOptions withTls(SslContext context) {
    return withTls(TlsOptions.of(context));
  }

  /// {@return these options with an address to connect from}
  ///
  /// @param localAddress the address; port 0 for a free one
  public ConnectionOptions withLocalAddress(InetSocketAddress localAddress) {
    return with(draft -> draft.localAddress = localAddress);
  }

  /// {@return these options with the peer's addresses tried in parallel, with alternating families}
  ///
  /// @param delay how long to try one address before the next is tried in parallel
  public ConnectionOptions withHappyEyeballs(Duration delay) {
    return with(draft -> {
      draft.happyEyeballsDelay = delay;
      draft.interleave = Math.max(1, interleave);
    });
  }

  /// {@return these options with alternating families}
  ///
  /// @param interleave how many addresses of the first family come first; 0 for the resolver's
  ///   order
  public ConnectionOptions withInterleave(int interleave) {
    return with(draft -> draft.interleave = interleave);
  }

  /// {@return these options with a connect timeout}
  ///
  /// @param connectTimeout how long to try one of the peer's addresses before it counts as failed
  public ConnectionOptions withConnectTimeout(Duration connectTimeout) {
    return with(draft -> draft.connectTimeout = connectTimeout);
  }

  /// {@return these options with the program's own handlers in the connection's pipeline, between
  /// the socket and everything else: before the PROXY header, TLS and the stream}
  ///
  /// @param pipeline adds the handlers; replaces what was set before
  public ConnectionOptions withPipeline(PipelineInitializer pipeline) {
    return with(draft -> draft.pipeline = pipeline);
  }

  /// {@return these options with a PROXY header that is sent before everything else}
  ///
  /// @param proxyHeader the header: on whose behalf the connection is opened
  public ConnectionOptions withProxyProtocol(ProxyHeader proxyHeader) {
    return with(draft -> draft.proxyHeader = proxyHeader);
  }

  /// {@return these options with an option of the socket}
  ///
  /// If the transport does not have the option, or refuses the value, the connection is not opened.
  ///
  /// @param option the option, one of [ChannelOption] or of the transport's own options
  /// @param value the value
  /// @param <T> the type of the value
  /// @throws IllegalArgumentException if it cannot be set here, because this module needs it
  public <T> ConnectionOptions withOption(ChannelOption<T> option, T value) {
    Map<ChannelOption<?>, Object> socketOptions =
        SocketOptions.with(this.socketOptions, option, value);
    return with(draft -> draft.socketOptions = socketOptions);
  }

  /// {@return the connect timeout in Netty's form: in milliseconds, 0 for none}
  int connectTimeoutMillis() {
    if (connectTimeout == null) {
      return 0;
    }
    return connectTimeout.compareTo(LONGEST) >= 0
        ? Integer.MAX_VALUE
        : (int) connectTimeout.plusNanos(NANOS_PER_MILLI - 1).toMillis();
  }

  /// {@return these options with a resolver}
  ///
  /// @param resolver what looks up host names
  public ConnectionOptions withResolver(NameResolver resolver) {
    return with(draft -> draft.resolver = resolver);
  }

  private ConnectionOptions with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.toOptions();
  }

  /// The same options while one of them changes: a record has no copy with one other component.
  private static final class Draft {
    private int limit;
    private @Nullable TlsOptions tls;
    private @Nullable InetSocketAddress localAddress;
    private @Nullable Duration happyEyeballsDelay;
    private int interleave;
    private @Nullable Duration connectTimeout;
    private @Nullable PipelineInitializer pipeline;
    private @Nullable ProxyHeader proxyHeader;
    private Map<ChannelOption<?>, Object> socketOptions;
    private @Nullable NameResolver resolver;

    Draft(ConnectionOptions from) {
      this.limit = from.limit;
      this.tls = from.tls;
      this.localAddress = from.localAddress;
      this.happyEyeballsDelay = from.happyEyeballsDelay;
      this.interleave = from.interleave;
      this.connectTimeout = from.connectTimeout;
      this.pipeline = from.pipeline;
      this.proxyHeader = from.proxyHeader;
      this.socketOptions = from.socketOptions;
      this.resolver = from.resolver;
    }

    ConnectionOptions toOptions() {
      return new ConnectionOptions(
          limit,
          tls,
          localAddress,
          happyEyeballsDelay,
          interleave,
          connectTimeout,
          pipeline,
          proxyHeader,
          socketOptions,
          resolver);
    }
  }
}
