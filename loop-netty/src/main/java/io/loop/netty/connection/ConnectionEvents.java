package io.loop.netty.connection;

/// A listener for the events of a connection; called on its loop's thread.
public interface ConnectionEvents {

  /// A listener that does nothing.
  ConnectionEvents NONE = new ConnectionEvents() {};

  /// {@return whether they are a server's, which has accepted the connection}
  default boolean areOfServer() {
    return false;
  }

  /// The channel is connected.
  default void opened(Connection connection) {}

  /// Bytes can flow: immediately, or with TLS after the handshake. Not called if the handshake
  /// fails.
  default void ready(Connection connection) {}

  /// The channel is gone; called once, also if it was never opened.
  default void closed(Connection connection) {}
}
