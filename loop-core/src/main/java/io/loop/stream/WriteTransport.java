package io.loop.stream;

import org.jspecify.annotations.Nullable;

/// What a [StreamWriter] writes to.
///
/// Loop thread and coroutines of the loop. No method suspends, and none fails because the
/// connection is lost: the transport tells its writer of that with [StreamWriter#connectionLost].
///
/// Source: `asyncio.WriteTransport`, Python 3.15.
public interface WriteTransport {

  /// Takes bytes to send, after those it has. Copies them before it returns.
  ///
  /// When it holds more than its high-water mark it calls [StreamWriter#pauseWriting], when it is
  /// down to its low-water mark [StreamWriter#resumeWriting].
  ///
  /// @param data where the bytes are
  /// @param offset the index of the first
  /// @param length how many
  void write(byte[] data, int offset, int length);

  /// Ends this direction once what it holds is sent.
  void writeEof();

  /// {@return whether one direction can be ended alone}
  boolean canWriteEof();

  /// Closes once what it holds is sent.
  void close();

  /// Closes at once and drops what it holds.
  void abort();

  /// {@return whether it is closing or closed}
  boolean isClosing();

  /// {@return a fact about the connection, or null if there is none of that name}
  ///
  /// @param name `peername`, `sockname`, or what the transport says it knows
  @Nullable Object getExtraInfo(String name);
}
