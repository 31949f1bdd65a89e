package io.loop.netty;

import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;

/// The two sides of a connection that was opened.
///
/// @param reader what the peer sends
/// @param writer what the peer gets; closing it closes the connection
public record StreamConnection(StreamReader reader, StreamWriter writer) implements AutoCloseable {

  /// Closes the connection once everything is sent. Never suspends.
  @Override
  public void close() {
    writer.close();
  }
}
