package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which loop [NettyLoop#current] finds, and where it finds none.
final class CurrentLoopTest extends OnNetty {

  static Stream<AttachedLoopFixture.Host> hosts() {
    return AttachedLoopFixture.hosts();
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void current_onAnExecutorWithoutALoop_attachesOne(AttachedLoopFixture.Host host)
      throws Exception {
    EventExecutor executor = host.start();
    try {
      Loop loop = get(executor.submit(NettyLoop::current));

      assertThat(loop).isSameAs(NettyLoop.of(executor));
      assertThat(get(executor.submit(NettyLoop::current))).isSameAs(loop);
      assertThat(get(Asyncio.runCoroutineThreadsafe(NettyLoop::current, loop))).isSameAs(loop);
    } finally {
      AttachedLoopFixture.end(executor);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void current_inAGroup_isTheLoopOfTheThread(Transport transport) throws Exception {
    try (var group = new LoopGroup(2, transport)) {
      for (Loop loop : group.loops()) {
        var inCallback = new CompletableFuture<Loop>();
        loop.callSoonThreadsafe(() -> inCallback.complete(NettyLoop.current()));

        assertThat(get(inCallback)).isSameAs(loop);
        assertThat(get(Asyncio.runCoroutineThreadsafe(NettyLoop::current, loop))).isSameAs(loop);
        assertThat(get(NettyLoop.eventLoop(loop).submit(NettyLoop::current))).isSameAs(loop);
      }
    }
  }

  @Test
  void current_onOtherThreads_isRefusedAndSaysWhatToName() {
    Threads.onThread(CurrentLoopTest::currentIsRefused);
    Threads.onThread(() -> {
      Thread other = Thread.ofVirtual().unstarted(CurrentLoopTest::currentIsRefused);
      var failure = new CompletableFuture<Throwable>();
      other.setUncaughtExceptionHandler((_, fault) -> failure.complete(fault));
      other.start();
      other.join();
      assertThat(failure).isNotDone();
    });
  }

  private static void currentIsRefused() {
    assertThatThrownBy(NettyLoop::current)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Thread.currentThread().toString())
        .hasMessageContaining("NettyLoop.of(channel.eventLoop())");
  }

  @Test
  void current_onALoopThatDoesNotRunOnNetty_isRefused() {
    try (var loop = new ManualLoop()) {
      loop.run(() ->
          assertThatThrownBy(NettyLoop::current)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("does not run on Netty"));
    }
  }
}
