package io.loop.netty;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a connection is protected: TLS 1.2 or 1.3, whatever else the context allows.
///
/// Certificates, keys, trust, ciphers and application protocols are the context's, which Netty's
/// `SslContextBuilder` makes. A client checks that the certificate is for the host it wants. A peer
/// that asks for renegotiation is cut off.
///
/// Where a server gets no context that it can use, because `context` or `contextOf` throws or gives
/// a client's, the client gets the alert `internal_error` and the connection is closed. The loop's
/// exception handler is told of each cause once, and again when it comes back after a success.
///
/// @param context asked for the context of each connection, so a server's certificate can be
///   replaced while it runs; must not block
/// @param contextOf asked first, with the host name that a client names, before the handshake; a
///   server's only; null for one context, whatever the name
/// @param serverHostname a client's name of the server, for the check and for the server to choose
///   by; null for the host it connects to
/// @param checkHostname whether a client checks the name in the certificate
/// @param requireCloseNotify whether a connection that ends without TLS's own goodbye has failed;
///   if not, it has ended, and a reader cannot tell that data may be missing
/// @param handshakeTimeout how long the handshake may take; null for 60 seconds as a client, 10 as
///   a server
/// @param shutdownTimeout how long the peer may take nothing while the connection closes, and what
///   is still to be sent waits; looked at four times, so it may be exceeded by half
/// @param handshakeExecutor what runs the handshake's arithmetic; null for the loop
public record TlsOptions(
    Supplier<? extends SslContext> context,
    @Nullable Function<? super String, ? extends @Nullable SslContext> contextOf,
    @Nullable String serverHostname,
    boolean checkHostname,
    boolean requireCloseNotify,
    @Nullable Duration handshakeTimeout,
    Duration shutdownTimeout,
    @Nullable Executor handshakeExecutor) {

  private static final Duration CLIENT_HANDSHAKE = Duration.ofSeconds(60);
  private static final Duration SERVER_HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration SHUTDOWN = Duration.ofSeconds(30);

  /// Checks the times and the name.
  ///
  /// @throws IllegalArgumentException if a time is not positive, or the name blank
  public TlsOptions {
    Objects.requireNonNull(context, "context");
    if (handshakeTimeout != null) {
      Range.positive(handshakeTimeout, "handshakeTimeout");
    }
    Range.positive(shutdownTimeout, "shutdownTimeout");
    if (serverHostname != null && serverHostname.isBlank()) {
      throw new IllegalArgumentException("serverHostname should be a name or an address, or null");
    }
  }

  /// {@return options with one context for all connections}
  ///
  /// @param context made for a client or for a server, as it is used
  public static TlsOptions of(SslContext context) {
    Objects.requireNonNull(context, "context");
    return of(() -> context);
  }

  /// {@return options that ask for the context of each connection}
  ///
  /// @param context what to ask; may answer differently later, and must not block
  public static TlsOptions of(Supplier<? extends SslContext> context) {
    return new TlsOptions(context, null, null, true, false, null, SHUTDOWN, null);
  }

  /// {@return these options with a context for each host name, for a server}
  ///
  /// @param contextOf gives the context for the name a client asks for; null for the common one,
  ///   which also serves clients that name none; must not block, and should not keep what it is
  ///   asked, for anybody may ask anything
  public TlsOptions withContextOf(
      Function<? super String, ? extends @Nullable SslContext> contextOf) {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options with the server's name, for a client}
  ///
  /// @param serverHostname the name in the server's certificate
  public TlsOptions withServerHostname(String serverHostname) {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options for a client that takes any name in a certificate it trusts}
  public TlsOptions withoutHostnameCheck() {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        false,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options with an end of the connection without TLS's own being a failure}
  public TlsOptions withCloseNotifyRequired() {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        true,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options with another limit for the handshake}
  ///
  /// @param handshakeTimeout how long the handshake may take
  public TlsOptions withHandshakeTimeout(Duration handshakeTimeout) {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options with another limit for closing}
  ///
  /// @param shutdownTimeout how long the peer may take nothing while the connection closes
  public TlsOptions withShutdownTimeout(Duration shutdownTimeout) {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  /// {@return these options with the handshake's arithmetic taken off the loop}
  ///
  /// @param handshakeExecutor what runs it
  public TlsOptions withHandshakeExecutor(Executor handshakeExecutor) {
    return new TlsOptions(
        context,
        contextOf,
        serverHostname,
        checkHostname,
        requireCloseNotify,
        handshakeTimeout,
        shutdownTimeout,
        handshakeExecutor);
  }

  Duration handshakeTimeoutOf(boolean client) {
    if (handshakeTimeout != null) {
      return handshakeTimeout;
    }
    return client ? CLIENT_HANDSHAKE : SERVER_HANDSHAKE;
  }
}
