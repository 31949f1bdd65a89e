package io.loop.netty;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/// Executors that are not the loop's own.
abstract class NettyFuturesFixture extends OnNetty {

  static EventExecutor foreign() {
    return new DefaultEventExecutor();
  }

  static void end(EventExecutor executor) {
    offLoop(() -> executor.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS));
  }
}
