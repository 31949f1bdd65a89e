package io.loop.netty;

import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.testing.HoldUpContract;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// Loops of each transport that are held up, owned, in a group and attached.
final class NettyHoldUpTest {

  static boolean hasEpoll() {
    return Transport.EPOLL.isAvailable();
  }

  static boolean hasIoUring() {
    return Transport.IO_URING.isAvailable();
  }

  /// Loops that drive an event loop of their own.
  abstract static class Owned extends HoldUpContract {
    abstract Transport transport();

    @Override
    protected void run(Coro.Action main) {
      OnNetty.run(transport(), main);
    }

    @Test
    void report_handlerBlocks_namesThePoll() {
      var latch = new CountDownLatch(1);

      run(() -> {
        NettyLoop.eventLoop(Loop.running()).execute(() -> await(latch));
        CompletableFuture<Void> observer =
            start(() -> {
              reports(1);
              latch.countDown();
            });
        sleep(Duration.ofMillis(1));
        join(observer);
      });

      assertThat(reports(1).getFirst()).contains("runs: the poll");
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
  @EnabledIf("io.loop.netty.NettyHoldUpTest#hasEpoll")
  class OwnedEpoll extends Owned {
    @Override
    Transport transport() {
      return Transport.EPOLL;
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyHoldUpTest#hasIoUring")
  class OwnedIoUring extends Owned {
    @Override
    Transport transport() {
      return Transport.IO_URING;
    }
  }

  @Nested
  class Group extends HoldUpContract {
    @Override
    protected void run(Coro.Action main) {
      try (var group = new LoopGroup(1)) {
        on(group.loops().getFirst(), main);
      }
    }
  }

  /// Loops on executors that another program made.
  abstract static class Attached extends HoldUpContract {
    abstract EventExecutorGroup newGroup();

    @Override
    protected String mend() {
      return "Release the lock before awaiting, or before using the loop; or use a LoopGroup";
    }

    @Override
    protected void run(Coro.Action main) {
      EventExecutorGroup group = newGroup();
      try {
        on(NettyLoop.of(group.next()), main);
      } finally {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
      }
    }

    /// A timer of the loop is due meanwhile.
    @Test
    void report_executorsOtherWorkBlocks_isMadeIfATurnIsOwed() {
      EventExecutorGroup group = newGroup();
      var executor = group.next();
      var latch = new CountDownLatch(1);
      try {
        on(
            NettyLoop.of(executor),
            () -> {
              executor.execute(() -> await(latch));
              CompletableFuture<Void> observer =
                  start(() -> {
                    reports(1);
                    latch.countDown();
                  });
              sleep(Duration.ofMillis(1));
              join(observer);
            });
      } finally {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
      }

      assertThat(reports(1).getFirst()).contains("runs: other work of the executor");
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
  @EnabledIf("io.loop.netty.NettyHoldUpTest#hasEpoll")
  class AttachedEpoll extends Attached {
    @Override
    EventExecutorGroup newGroup() {
      return new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(Transport.EPOLL));
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyHoldUpTest#hasIoUring")
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
