package io.loop.netty.stream;

import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;

/// The code that serves a connection of a server. It runs as a coroutine.
@FunctionalInterface
public interface ConnectionBody {

  /// Serves one connection, on the connection's loop.
  ///
  /// When it returns or throws, the connection is closed after everything written is sent. An
  /// exception goes to the loop's exception handler.
  ///
  /// @param reader reads what the peer sends
  /// @param writer writes to the peer
  /// @throws Exception if serving the connection fails
  void serve(StreamReader reader, StreamWriter writer) throws Exception;
}
