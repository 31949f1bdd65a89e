package io.loop.stream;

/// The transport that feeds a [StreamReader].
///
/// Source: `asyncio.ReadTransport`, Python 3.15; the rest of asyncio's transports is Netty's
/// `Channel` here.
public interface ReadTransport {

  /// Stops feeding. Data that is already being read may still follow. Loop thread and coroutines of
  /// the loop.
  void pauseReading();

  /// Resumes feeding. Loop thread and coroutines of the loop.
  void resumeReading();
}
