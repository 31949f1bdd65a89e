package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/// A transport that counts how often it is polled and woken.
final class Counting implements IoHandlerFactory {

  private final IoHandlerFactory factory;
  final AtomicInteger polls = new AtomicInteger();
  final AtomicInteger wakeups = new AtomicInteger();

  Counting(Transport transport) {
    this.factory = OnNetty.handlers(transport);
  }

  @Override
  public IoHandler newHandler(ThreadAwareExecutor executor) {
    IoHandler handler = factory.newHandler(executor);
    return new IoHandler() {
      @Override
      public void initialize() {
        handler.initialize();
      }

      @Override
      public int run(IoHandlerContext context) {
        polls.incrementAndGet();
        return handler.run(context);
      }

      @Override
      public void prepareToDestroy() {
        handler.prepareToDestroy();
      }

      @Override
      public void destroy() {
        handler.destroy();
      }

      @Override
      public IoRegistration register(IoHandle handle) throws Exception {
        return handler.register(handle);
      }

      @Override
      public void wakeup() {
        wakeups.incrementAndGet();
        handler.wakeup();
      }

      @Override
      public boolean isCompatible(Class<? extends IoHandle> type) {
        return handler.isCompatible(type);
      }
    };
  }

  void run(Transport transport, Coro.Action body) {
    var options =
        Runner.Options.DEFAULT
            .withoutSignals()
            .withLoopFactory(() -> Loop.create(new NettyPoller(transport, this, null)));
    Asyncio.run(() -> Asyncio.timeout(OnNetty.PATIENCE, _ -> Coro.of(body).run()), options);
  }
}
