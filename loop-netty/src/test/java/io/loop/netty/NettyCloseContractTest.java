package io.loop.netty;

import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.testing.CloseContract;
import io.loop.testing.Threads;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What loops of each transport owe to other threads when they close: owned, in a group and
/// attached.
final class NettyCloseContractTest extends OnNetty {

  private static final Duration STRESS =
      Duration.ofMillis(Integer.getInteger("io.loop.stress", 150));
  private static final int SUBMITTERS = 3;

  static boolean hasEpoll() {
    return Transport.EPOLL.isAvailable();
  }

  static boolean hasIoUring() {
    return Transport.IO_URING.isAvailable();
  }

  @Nested
  class Nio extends CloseContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.NIO);
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyCloseContractTest#hasEpoll")
  class Epoll extends CloseContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.EPOLL);
    }
  }

  @Nested
  @EnabledIf("io.loop.netty.NettyCloseContractTest#hasIoUring")
  class IoUring extends CloseContract {
    @Override
    protected Loop newLoop() {
      return NettyLoop.create(Transport.IO_URING);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void closeOfAGroup_whileThreadsSubmit_settlesOrRefusesEverySubmission(Transport transport) {
    repeat(() -> {
      var group = new LoopGroup(1, transport);
      reportNothing(group.loops().getFirst());
      submitUntilTheEnd(group.loops().getFirst(), group::close);
    });
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void endOfAnAttachedLoop_whileThreadsSubmit_settlesOrRefusesEverySubmission(Transport transport) {
    repeat(() -> {
      var group = new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(transport));
      Loop loop = NettyLoop.of(group.next());
      reportNothing(loop);
      submitUntilTheEnd(
          loop, () -> group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly());
    });
  }

  /// Tasks are pending at the end.
  private static void reportNothing(Loop loop) {
    loop.callSoonThreadsafe(() -> loop.setExceptionHandler((_, _) -> {}));
  }

  private static void repeat(Runnable round) {
    long end = System.nanoTime() + STRESS.toNanos();
    do {
      round.run();
    } while (System.nanoTime() < end);
  }

  private static void submitUntilTheEnd(Loop loop, Runnable end) {
    Queue<CompletableFuture<?>> given = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> submitters = new ArrayList<>();
    for (int i = 0; i < SUBMITTERS; i++) {
      submitters.add(start(() -> submitUntilRefused(loop, given)));
    }
    while (given.size() < 100) {
      Thread.onSpinWait();
    }
    end.run();
    submitters.forEach(Threads::join);

    assertThat(given).allMatch(CompletableFuture::isDone);
  }

  private static void submitUntilRefused(Loop loop, Queue<CompletableFuture<?>> given) {
    try {
      for (int i = 0; ; i++) {
        given.add(
            i % 2 == 0
                ? Asyncio.runCoroutineThreadsafe(() -> 1, loop)
                : Asyncio.runCoroutineThreadsafe(() -> new LoopFuture<Void>().await(), loop));
        if (i > 100) {
          LockSupport.parkNanos(1_000_000); // enough for the loop
        }
      }
    } catch (IllegalStateException closed) {
      assertThat(closed).hasMessage("Event loop is closed");
    }
  }
}
