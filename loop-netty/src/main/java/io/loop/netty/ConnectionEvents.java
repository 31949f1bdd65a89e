package io.loop.netty;

/// What happens to a connection as a whole; told on its loop's thread.
interface ConnectionEvents {

  /// Nobody wants to know.
  ConnectionEvents NONE = new ConnectionEvents() {};

  /// The channel is connected.
  default void opened(ConnectionHandler connection) {}

  /// Bytes can flow: at once, or with TLS after the handshake. Not told if it never comes to that.
  default void ready(ConnectionHandler connection) {}

  /// The channel is gone; told once, also if it was never opened.
  default void closed(ConnectionHandler connection) {}
}
