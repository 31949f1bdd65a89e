package io.loop.netty;

import io.loop.stream.StreamReader;
import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/// How a connection is opened.
///
/// @param limit the limit of its reader, in bytes
/// @param tls how it is protected; null for not at all
public record ConnectionOptions(int limit, @Nullable TlsOptions tls) {

  /// A limit of 64 KiB, no TLS.
  public static final ConnectionOptions DEFAULT =
      new ConnectionOptions(StreamReader.DEFAULT_LIMIT, null);

  /// {@return these options with another limit}
  ///
  /// @param limit the limit of the reader, in bytes
  public ConnectionOptions withLimit(int limit) {
    return new ConnectionOptions(limit, tls);
  }

  /// {@return these options with TLS}
  ///
  /// @param tls how to protect the connection
  public ConnectionOptions withTls(TlsOptions tls) {
    return new ConnectionOptions(limit, tls);
  }

  /// {@return these options with TLS, as a context has it}
  ///
  /// @param context a client's
  public ConnectionOptions withTls(SslContext context) {
    return withTls(TlsOptions.of(context));
  }
}
