package io.loop.netty.tls;

import io.loop.netty.base.Durations;
import io.loop.netty.base.Rethrow;
import io.loop.netty.transport.TlsOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ImmediateExecutor;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// Netty's TLS handler with stricter rules: TLS 1.2 and 1.3 only, a checked host name, no
/// renegotiation.
public final class TlsHandler extends SslHandler {

  /*
   * Renegotiation exists in TLS 1.2 only, where the type of a record is not encrypted: after the
   * handshake, no handshake record may arrive. The JDK's engine reads one record per call.
   */

  private static final Duration CLIENT_HANDSHAKE = Duration.ofSeconds(60);
  private static final Duration SERVER_HANDSHAKE = Duration.ofSeconds(10);
  private static final int HANDSHAKE_RECORD = 22;
  private static final String LAST_WITH_RENEGOTIATION = "TLSv1.2";
  private static final List<String> ALLOWED = List.of("TLSv1.3", LAST_WITH_RENEGOTIATION);

  private final SslContext context;
  private @Nullable String protocol;

  private TlsHandler(SslContext context, SSLEngine engine, TlsOptions options) {
    super(engine, executorOf(options));
    this.context = context;
    setHandshakeTimeoutMillis(Durations.millis(handshakeTimeout(options, context.isClient())));
    setCloseNotifyFlushTimeoutMillis(0); // ClosingLimit does this, and recognises a slow peer
  }

  private static Executor executorOf(TlsOptions options) {
    Executor executor = options.handshakeExecutor();
    return executor == null ? ImmediateExecutor.INSTANCE : executor;
  }

  private static SSLEngine restricted(SSLEngine engine) {
    List<String> enabled = Arrays.asList(engine.getEnabledProtocols());
    String[] protocols = ALLOWED.stream().filter(enabled::contains).toArray(String[]::new);
    if (protocols.length == 0) {
      ReferenceCountUtil.release(engine);
      throw new IllegalArgumentException(
          "the context allows " + enabled + ", but only " + ALLOWED + " are secure enough");
    }
    engine.setEnabledProtocols(protocols);
    return engine;
  }

  /// {@return the handler for a client's side of a connection}
  ///
  /// @throws IllegalArgumentException if the context is for servers, or the name to check is
  ///   missing
  public static TlsHandler client(
      TlsOptions options, ByteBufAllocator allocator, @Nullable String host, int port) {
    SslContext context = options.context().get();
    if (!context.isClient()) {
      throw new IllegalArgumentException("the TLS context is made for a server");
    }
    String name = options.serverHostname() == null ? host : options.serverHostname();
    if (name == null && options.checkHostname()) {
      throw new IllegalArgumentException(
          "the server's name is needed to check its certificate; set serverHostname");
    }
    SSLEngine engine =
        restricted(
            name == null ? context.newEngine(allocator) : context.newEngine(allocator, name, port));
    var parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm(options.checkHostname() ? "HTTPS" : "");
    SNIServerName toSend = name == null ? null : serverName(name);
    if (toSend != null && !hasNames(parameters)) {
      parameters.setServerNames(List.of(toSend));
    }
    engine.setSSLParameters(parameters);
    return new TlsHandler(context, engine, options);
  }

  /// {@return whether the context has set names itself}
  private static boolean hasNames(SSLParameters parameters) {
    return parameters.getServerNames() != null && !parameters.getServerNames().isEmpty();
  }

  /// {@return the host name to send to the server, or null for an address, which RFC 6066 forbids}
  ///
  /// The JDK on its own sends only names with a dot. As in the JDK, a name with an underscore is
  /// not sent, because servers on the JDK abort the handshake then.
  private static @Nullable SNIServerName serverName(String name) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (bare.isEmpty() || NetUtil.createByteArrayFromIpAddressString(bare) != null) {
      return null;
    }
    try {
      return new SNIHostName(bare);
    } catch (IllegalArgumentException noHostName) {
      return null; // the check of the certificate decides
    }
  }

  /// {@return the handler for a server's side of a connection; it replaces itself if the context
  /// depends on the host name that the client asks for}
  ///
  /// @throws IllegalArgumentException if the context is for clients
  public static ChannelHandler server(TlsOptions options, ByteBufAllocator allocator) {
    return options.contextOf() == null
        ? server(options.context().get(), options, allocator)
        : new TlsChoice(options, name -> contextFor(name, options), TlsContextFaults.NONE);
  }

  /// {@return the handler for an accepted connection} If there is no context for it, that is
  /// reported, and the client gets an alert after its ClientHello.
  public static ChannelHandler accepted(
      TlsOptions options, ByteBufAllocator allocator, TlsContextFaults faults) {
    if (options.contextOf() != null) {
      return new TlsChoice(options, name -> contextFor(name, options), faults);
    }
    try {
      TlsHandler handler = server(options.context().get(), options, allocator);
      faults.over();
      return handler;
    } catch (Exception fault) { // the supplier is code of the program, and may throw anything
      faults.tell(fault);
      return new TlsChoice(
          options,
          _ -> {
            throw Rethrow.unchecked(fault);
          },
          TlsContextFaults.NONE);
    }
  }

  private static SslContext contextFor(@Nullable String name, TlsOptions options) {
    var contextOf = options.contextOf();
    SslContext named = name == null || contextOf == null ? null : contextOf.apply(name);
    return named == null ? options.context().get() : named;
  }

  static TlsHandler server(
      @Nullable SslContext context, TlsOptions options, ByteBufAllocator allocator) {
    if (context == null) {
      throw new IllegalArgumentException("the supplier in the TLS options returned no context");
    }
    if (context.isClient()) {
      throw new IllegalArgumentException("the TLS context is made for a client");
    }
    return new TlsHandler(context, restricted(context.newEngine(allocator)), options);
  }

  SslContext context() {
    return context;
  }

  @Override
  protected void decode(ChannelHandlerContext channel, ByteBuf in, List<Object> out)
      throws SSLException {
    if (renegotiates(in)) {
      in.skipBytes(in.readableBytes());
      throw new SSLException("the peer asked for renegotiation, which is refused");
    }
    super.decode(channel, in, out);
  }

  private boolean renegotiates(ByteBuf in) {
    if (!in.isReadable() || in.getUnsignedByte(in.readerIndex()) != HANDSHAKE_RECORD) {
      return false;
    }
    if (protocol == null && handshakeFuture().isSuccess()) {
      protocol = engine().getSession().getProtocol();
    }
    return LAST_WITH_RENEGOTIATION.equals(protocol);
  }

  /// {@return how long a handshake may take}
  static Duration handshakeTimeout(TlsOptions options, boolean client) {
    Duration timeout = options.handshakeTimeout();
    if (timeout != null) {
      return timeout;
    }
    return client ? CLIENT_HANDSHAKE : SERVER_HANDSHAKE;
  }
}
