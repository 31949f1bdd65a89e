package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.netty.channel.IoEventLoop;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/// Tasks that clean up slowly when they are cancelled, and what they say.
abstract class ShutdownFixture extends OnNetty {

  static final Duration DAY = Duration.ofDays(1);
  static final long SECONDS = PATIENCE.toSeconds();

  final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
  final CountDownLatch waiting = new CountDownLatch(1);

  /// A body that waits until it is cancelled, and takes its time to clean up, on Netty too.
  Void cleanUpSlowly() {
    try {
      waiting.countDown();
      return new LoopFuture<Void>().await();
    } finally {
      Asyncio.sleep(Duration.ofMillis(20));
      IoEventLoop eventLoop = NettyLoop.eventLoop(Loop.running());
      log.add(NettyFutures.await(eventLoop.submit(() -> "cleaned up")));
    }
  }

  static Runner.Options on(Loop loop) {
    return Runner.Options.DEFAULT.withoutSignals().withLoopFactory(() -> loop);
  }
}
