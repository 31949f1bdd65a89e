package io.loop.stream;

/// What a [StreamReader] asks of whoever feeds it.
///
/// Source: `asyncio.ReadTransport`, Python 3.15; the rest of asyncio's transports is Netty's
/// `Channel` here.
public interface ReadTransport {

  /// Stops feeding, as far as that is possible at once. Loop thread and coroutines of the loop.
  void pauseReading();

  /// Goes on feeding. Loop thread and coroutines of the loop.
  void resumeReading();
}
