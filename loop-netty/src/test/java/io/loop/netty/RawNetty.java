package io.loop.netty;

import static io.loop.Asyncio.runCoroutineThreadsafe;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.TimeUnit;

/// A group of event loops as a Netty program makes it, with Netty's own handlers.
public final class RawNetty implements AutoCloseable {

  private static final long QUIET_MILLIS = 100; // with less, io_uring leaves channels half closed

  private final IoEventLoopGroup group;

  public RawNetty(Transport transport) {
    group = new MultiThreadIoEventLoopGroup(1, handlers(transport));
  }

  private static IoHandlerFactory handlers(Transport transport) {
    return switch (transport) {
      case IO_URING -> OnNetty.handlers(transport); // hazard 66
      case EPOLL -> EpollIoHandler.newFactory();
      case KQUEUE -> KQueueIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  public IoEventLoop eventLoop() {
    return group.next();
  }

  public Loop loop() {
    return NettyLoop.of(eventLoop());
  }

  /// Runs a body on the attached loop, to its end; not from one of the group's threads.
  public void run(Coro.Action body) {
    runCoroutineThreadsafe(
            () -> {
              Asyncio.timeout(
                  OnNetty.PATIENCE,
                  _ -> {
                    body.run();
                    return true;
                  });
              return true;
            },
            loop())
        .join();
  }

  @Override
  public void close() {
    group.shutdownGracefully(QUIET_MILLIS, 10_000, TimeUnit.MILLISECONDS).syncUninterruptibly();
  }
}
