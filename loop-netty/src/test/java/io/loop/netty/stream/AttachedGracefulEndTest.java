package io.loop.netty.stream;

import io.loop.netty.RawNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;

/// The same on event loops that another program made.
final class AttachedGracefulEndTest extends GracefulEndTest {

  @Override
  void runOn(Transport transport, Coro.Action body) {
    try (var netty = new RawNetty(transport)) {
      netty.run(body);
    }
  }
}
