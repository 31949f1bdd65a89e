package io.loop.stream;

import org.jspecify.annotations.Nullable;

/// The transport that a [StreamWriter] writes to.
///
/// Loop thread and coroutines of the loop. No method suspends. None fails because the connection is
/// lost: the transport reports that with [StreamWriter#connectionLost].
///
/// Source: `asyncio.WriteTransport`, Python 3.15.
public interface WriteTransport {

  /// Queues bytes to send. Copies them before it returns.
  ///
  /// Above its high-water mark it calls [StreamWriter#pauseWriting]; once it is down to its
  /// low-water mark it calls [StreamWriter#resumeWriting].
  ///
  /// @param data the array with the bytes
  /// @param offset the index of the first
  /// @param length how many
  void write(byte[] data, int offset, int length);

  /// Shuts down the output once everything queued is sent.
  void writeEof();

  /// {@return whether a half-close is supported}
  boolean canWriteEof();

  /// Closes once everything queued is sent.
  void close();

  /// Closes immediately and drops everything queued.
  void abort();

  /// {@return whether it is closing or closed}
  boolean isClosing();

  /// {@return a detail of the connection, or null if there is none of that name}
  ///
  /// @param name `peername`, `sockname`, or another name that the transport documents
  @Nullable Object getExtraInfo(String name);
}
