package io.loop.netty.poller;

import io.loop.netty.base.Rethrow;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;

/// Netty's epoll handler, with a fix for sockets that Netty has removed from epoll and cannot add
/// again.
///
/// Loop thread only.
final class EpollHandler implements IoHandler {

  /*
   * When a channel waits for no events, Netty (since netty/netty#16689, up to 4.2.18 at least)
   * removes its socket from epoll but still treats it as added. Netty then changes the registration
   * instead of adding it, which fails: a half-closed channel whose answer is larger than the
   * socket's buffer cannot wait for writability, and loses the rest of the answer. So a
   * registration that waits for events after it waited for none is replaced by a new one, which
   * adds the socket again.
   *
   * The cost: isIoType(EpollIoHandler.class) is false for these event loops, because Netty compares
   * the class of the handler. Use isCompatible(EpollIoHandle.class) instead.
   */

  /// A poll that took every ready socket would touch a thousand connections when it reads, again
  /// when their coroutines run, and again when it flushes, each time with cold caches. Sockets that
  /// are left come first in the next poll, which follows immediately.
  private static final int MOST_EVENTS = 16;

  private final IoHandler epoll;

  private EpollHandler(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory factory =
        EpollIoHandler.newFactory(MOST_EVENTS, DefaultSelectStrategyFactory.INSTANCE);
    return new IoHandlerFactory() {
      @Override
      public IoHandler newHandler(ThreadAwareExecutor executor) {
        return new EpollHandler(factory.newHandler(executor));
      }

      @Override
      public boolean isChangingThreadSupported() {
        return factory.isChangingThreadSupported();
      }
    };
  }

  private final class Registration implements IoRegistration {

    private final IoHandle handle;
    private IoRegistration current;
    private boolean hasWish; // a new one is not in epoll yet, and Netty knows that
    private boolean wasRemoved;

    Registration(IoHandle handle) throws Exception {
      this.handle = handle;
      this.current = epoll.register(handle);
    }

    @Override
    public long submit(IoOps wishes) {
      boolean wishesNothing = wishes.equals(EpollIoOps.NONE);
      if (wishesNothing && wasRemoved) {
        return 0; // it cannot be removed again
      }
      if (!wishesNothing && wasRemoved && current.isValid()) {
        replace();
      }
      wasRemoved = wishesNothing && hasWish;
      hasWish |= !wishesNothing;
      return current.submit(wishes);
    }

    private void replace() {
      current.cancel();
      try {
        current = epoll.register(handle);
      } catch (Exception fault) {
        throw Rethrow.unchecked(fault);
      }
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
    public <T> T attachment() {
      return current.attachment();
    }

    @Override
    public boolean isValid() {
      return current.isValid();
    }

    @Override
    public boolean cancel() {
      return current.cancel();
    }
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Registration(handle);
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return epoll.isCompatible(type);
  }
}
