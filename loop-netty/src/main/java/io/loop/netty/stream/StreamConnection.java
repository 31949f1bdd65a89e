package io.loop.netty.stream;

import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;

/// The reader and the writer of a connection that was opened.
///
/// @param reader reads what the peer sends
/// @param writer writes to the peer; closing it closes the connection
public record StreamConnection(StreamReader reader, StreamWriter writer) implements AutoCloseable {

  /// Closes the connection once everything is sent. Never suspends.
  @Override
  public void close() {
    writer.close();
  }
}
