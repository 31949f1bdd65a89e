package io.loop.netty.transport;

import io.loop.netty.base.Range;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a connection is protected: with TLS 1.2 or 1.3, even if the context allows other versions.
///
/// Certificates, keys, trust, ciphers and application protocols come from the context, which is
/// built with Netty's `SslContextBuilder`. A client checks that the certificate is for the host it
/// wants. If a peer asks for renegotiation, the connection is closed.
///
/// If a server gets no usable context, because `context` or `contextOf` throws or returns one for
/// clients, the client gets the alert `internal_error` and the connection is closed. The loop's
/// exception handler is called once for each cause, and again if the cause returns after a success.
///
/// @param context supplies the context of each connection, so a server's certificate can be
///   replaced while it runs; must not block
/// @param contextOf for servers only: called first, before the handshake, with the host name that
///   the client asks for; null for one context for all names
/// @param serverHostname for clients only: the server's name, which is sent to the server and
///   checked against its certificate; null for the host that the client connects to
/// @param checkHostname whether a client checks the name in the certificate
/// @param requireCloseNotify whether a connection fails if it ends without TLS's `close_notify`. If
///   not, it ends normally, and the reader cannot know that data may be missing
/// @param handshakeTimeout how long the handshake may take; null for 60 seconds on a client, 10 on
///   a server
/// @param shutdownTimeout how long the peer may accept no data while the connection closes and data
///   is still to be sent. It is checked periodically, so it may be exceeded by up to a half
/// @param handshakeExecutor runs the handshake's computations; null for the loop
public record TlsOptions(
    Supplier<? extends SslContext> context,
    @Nullable Function<? super String, ? extends @Nullable SslContext> contextOf,
    @Nullable String serverHostname,
    boolean checkHostname,
    boolean requireCloseNotify,
    @Nullable Duration handshakeTimeout,
    Duration shutdownTimeout,
    @Nullable Executor handshakeExecutor) {

  private static final Duration SHUTDOWN = Duration.ofSeconds(30);

  /// Checks the timeouts and the name.
  ///
  /// @throws IllegalArgumentException if a timeout is not positive, or the name is blank
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
  /// @param context a context for clients or for servers, depending on the use
  public static TlsOptions of(SslContext context) {
    Objects.requireNonNull(context, "context");
    return of(() -> context);
  }

  /// {@return options that get the context of each connection from a supplier}
  ///
  /// @param context the supplier; it may return another context later, and must not block
  public static TlsOptions of(Supplier<? extends SslContext> context) {
    return new TlsOptions(context, null, null, true, false, null, SHUTDOWN, null);
  }

  /// {@return these options with a context for each host name, for a server}
  ///
  /// @param contextOf returns the context for the host name that a client asks for, or null for the
  ///   common one, which also serves clients that send no name. It must not block. It should not
  ///   cache by name, because a client may send any name
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

  /// {@return these options for a client that accepts any name in a trusted certificate}
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

  /// {@return these options, where a connection fails if it ends without `close_notify`}
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

  /// {@return these options with another handshake timeout}
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

  /// {@return these options with another shutdown timeout}
  ///
  /// @param shutdownTimeout how long the peer may accept no data while the connection closes
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

  /// {@return these options, with the handshake's computations on an executor}
  ///
  /// @param handshakeExecutor runs the computations
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
}
