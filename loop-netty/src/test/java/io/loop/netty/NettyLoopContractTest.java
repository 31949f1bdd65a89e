package io.loop.netty;

import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.testing.CoroutineContract;
import io.loop.testing.LoopContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/// The contracts of loops and coroutines, on each transport that this machine has.
final class NettyLoopContractTest {

  static boolean hasEpoll() {
    return Transport.EPOLL.isAvailable();
  }

  static boolean hasIoUring() {
    return Transport.IO_URING.isAvailable();
  }

  @Nested
  class NioLoop extends LoopContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.NIO);
    }

    @Override
    protected boolean isBoundToItsThread() {
      return true;
    }
  }

  @Nested
  class NioCoroutines extends CoroutineContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.NIO);
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLoopContractTest#hasEpoll")
  class EpollLoop extends LoopContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.EPOLL);
    }

    @Override
    protected boolean isBoundToItsThread() {
      return true;
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLoopContractTest#hasEpoll")
  class EpollCoroutines extends CoroutineContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.EPOLL);
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLoopContractTest#hasIoUring")
  class IoUringLoop extends LoopContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.IO_URING);
    }

    @Override
    protected boolean isBoundToItsThread() {
      return true;
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLoopContractTest#hasIoUring")
  class IoUringCoroutines extends CoroutineContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.IO_URING);
    }
  }
}
