package io.loop.netty;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Executors of each kind, and calls to the loops on them.
abstract class AttachedLoopFixture {

  static final Duration TICK = Duration.ZERO;

  /// What a program might attach to: an event loop of each transport, and executors without any.
  enum Host {
    NIO(Transport.NIO),
    EPOLL(Transport.EPOLL),
    IO_URING(Transport.IO_URING),
    DEFAULT_LOOP(null),
    DEFAULT_EXECUTOR(null);

    private final @Nullable Transport transport;

    Host(@Nullable Transport transport) {
      this.transport = transport;
    }

    boolean isAvailable() {
      return transport == null || transport.isAvailable();
    }

    EventExecutor start() {
      if (this == DEFAULT_EXECUTOR) {
        return new DefaultEventExecutor();
      }
      return transport == null
          ? new DefaultEventLoop()
          : new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(transport)).next();
    }
  }

  static Stream<Host> hosts() {
    return Stream.of(Host.values()).filter(Host::isAvailable);
  }

  interface Body {
    void run(EventExecutor executor, Loop loop) throws Exception;
  }

  static void on(Host host, Body body) throws Exception {
    EventExecutor executor = host.start();
    try {
      body.run(executor, NettyLoop.of(executor));
    } finally {
      end(executor);
    }
  }

  static void end(EventExecutor executor) {
    EventLoopGroup group = executor instanceof EventLoop loop ? loop.parent() : null;
    var _ = (group != null ? group : executor).shutdownGracefully(0, 10, TimeUnit.SECONDS);
    assertThat(executor.terminationFuture().awaitUninterruptibly(30, TimeUnit.SECONDS)).isTrue();
  }

  static <T extends @Nullable Object> T get(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  static <T extends @Nullable Object> T call(Loop loop, Coro<T> body) throws Exception {
    return get(runCoroutineThreadsafe(body, loop));
  }
}
