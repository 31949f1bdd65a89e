package io.loop.netty;

import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;

/// What a server does with a connection: the body of a coroutine of its own.
@FunctionalInterface
public interface ConnectionBody {

  /// Serves one connection, on the connection's loop.
  ///
  /// When it returns or throws, the connection is closed after what it wrote is sent. What it
  /// throws goes to the loop's exception handler.
  ///
  /// @param reader what the peer sends
  /// @param writer what the peer gets
  /// @throws Exception whatever it lets out
  void serve(StreamReader reader, StreamWriter writer) throws Exception;
}
