package io.loop.netty;

import static io.loop.testing.Threads.isWaiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.testing.LockKind;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty handlers that wait for locks which coroutines of their loop hold in blocking calls.
final class HandlerLockTest extends OnNetty {

  /// Longer than a coroutine is inside. Monitors are not fair: a thread that comes back at once
  /// gets in before those that wait.
  private static final Duration PAUSE = Duration.ofMillis(3);

  static Stream<LoopKind> kinds() {
    return LoopKind.all();
  }

  static Stream<Arguments> locksAndKinds() {
    return Stream.of(LockKind.all())
        .flatMap(lock -> LoopKind.all().map(kind -> Arguments.of(lock, kind)));
  }

  @ParameterizedTest
  @MethodSource("locksAndKinds")
  void channelRead_lockOfACoroutineThatBlocks_getsItAndAnswers(LockKind lock, LoopKind kind) {
    kind.run(loops -> {
      var eventLoop = (EventLoop) loops.iterator().next(); // the one that runs this body
      var letGo = new CountDownLatch(1);
      var held = new CountDownLatch(1);
      var handler = new AtomicReference<@Nullable Thread>();
      var server =
          kind.listen(
              eventLoop,
              pipeline ->
                  pipeline.addLast(
                      new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                          handler.set(Thread.currentThread());
                          lock.within(() -> {
                            var _ = context.writeAndFlush(message);
                          });
                        }
                      }));
      var holder =
          Asyncio.createTask(() ->
              lock.within(() -> {
                held.countDown();
                await(letGo);
              }));
      while (held.getCount() > 0) {
        Asyncio.sleep(Duration.ofMillis(1));
      }

      int answer =
          offLoop(() -> {
            try (var socket = new Socket(server.getAddress(), server.getPort())) {
              socket.getOutputStream().write('x');
              Thread waiting = handler.get();
              while (waiting == null || !isWaiting(waiting)) {
                Thread.onSpinWait();
                waiting = handler.get();
              }
              letGo.countDown();
              InputStream in = socket.getInputStream();
              return in.read();
            }
          });

      assertThat(answer).isEqualTo('x');
      holder.await();
    });
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void channelRead_coroutinesThatSleepInsideTheSameMonitor_allRequestsAreAnswered(LoopKind kind) {
    var monitor = new Object();
    var inside = new AtomicInteger();
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        for (int i = 0; i < 4; i++) {
          stress.handler(
              kind,
              loops,
              () -> {
                synchronized (monitor) {
                  assertThat(inside.getAndIncrement()).isZero();
                  inside.decrementAndGet();
                }
              });
        }
        for (int i = 0; i < 2; i++) {
          stress.coroutine(() -> {
            synchronized (monitor) {
              assertThat(inside.getAndIncrement()).isZero();
              Thread.sleep(1);
              inside.decrementAndGet();
            }
            Asyncio.sleep(PAUSE);
          });
        }
        stress.finish();
      });
    }

    assertThat(inside.get()).isZero();
  }
}
