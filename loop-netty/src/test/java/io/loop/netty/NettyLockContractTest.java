package io.loop.netty;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.testing.LockContract;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/// Locks on loops of each transport, owned, in a group and attached.
final class NettyLockContractTest {

  static boolean hasEpoll() {
    return Transport.EPOLL.isAvailable();
  }

  static boolean hasIoUring() {
    return Transport.IO_URING.isAvailable();
  }

  /// Loops that drive an event loop of their own.
  abstract static class Owned extends LockContract {
    abstract Transport transport();

    @Override
    protected void run(Coro.Action main) {
      OnNetty.run(transport(), main);
    }
  }

  @Nested
  class OwnedNio extends Owned {
    @Override
    Transport transport() {
      return Transport.NIO;
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLockContractTest#hasEpoll")
  class OwnedEpoll extends Owned {
    @Override
    Transport transport() {
      return Transport.EPOLL;
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLockContractTest#hasIoUring")
  class OwnedIoUring extends Owned {
    @Override
    Transport transport() {
      return Transport.IO_URING;
    }
  }

  @Nested
  class Group extends LockContract {
    @Override
    protected void run(Coro.Action main) {
      try (var group = new LoopGroup(1)) {
        on(group.loops().getFirst(), main);
      }
    }
  }

  /// Loops on executors that another program made.
  abstract static class Attached extends LockContract {
    abstract EventExecutorGroup newGroup();

    @Override
    protected void run(Coro.Action main) {
      EventExecutorGroup group = newGroup();
      try {
        on(NettyLoop.of(group.next()), main);
      } finally {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
      }
    }
  }

  @Nested
  class AttachedNio extends Attached {
    @Override
    EventExecutorGroup newGroup() {
      return new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(Transport.NIO));
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLockContractTest#hasEpoll")
  class AttachedEpoll extends Attached {
    @Override
    EventExecutorGroup newGroup() {
      return new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(Transport.EPOLL));
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyLockContractTest#hasIoUring")
  class AttachedIoUring extends Attached {
    @Override
    EventExecutorGroup newGroup() {
      return new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(Transport.IO_URING));
    }
  }

  @Nested
  class AttachedWithoutSockets extends Attached {
    @Override
    EventExecutorGroup newGroup() {
      return new DefaultEventExecutorGroup(1);
    }
  }

  private static void on(Loop loop, Coro.Action main) {
    Asyncio.runCoroutineThreadsafe(Coro.of(main), loop)
        .orTimeout(OnNetty.PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }
}
