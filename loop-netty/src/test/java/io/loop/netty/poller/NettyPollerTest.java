package io.loop.netty.poller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.channel.IoEventLoop;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NettyPollerTest extends OnNetty {

  @Test
  void create_withThisModuleOnThePath_runsOnNetty() {
    try (Loop loop = Loop.create()) {
      assertThat(NettyLoop.eventLoop(loop)).isInstanceOf(IoEventLoop.class);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofALoopThatNeverRan_isQuick(Transport transport) {
    long start = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      NettyLoop.create(transport).close();
    }

    // Netty's quiet period would make it 40 s; without one it takes milliseconds
    assertThat(System.nanoTime() - start).isLessThan(PATIENCE.toNanos());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void execute_fromAnotherThread_wakesTheSleepingLoop(Transport transport) {
    run(
        transport,
        () -> {
          Loop loop = Loop.running();
          var executed = new LoopFuture<String>(loop);
          IoEventLoop eventLoop = NettyLoop.eventLoop(loop);
          Thread.ofPlatform().start(() -> eventLoop.execute(() -> executed.setResult("ran")));

          assertThat(executed.await()).isEqualTo("ran");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void nettyTimers_andOurs_bothWakeTheLoop(Transport transport) {
    run(
        transport,
        () -> {
          Loop loop = Loop.running();
          var fired = new LoopFuture<String>(loop);
          NettyLoop.eventLoop(loop)
              .execute(() -> {
                var _ =
                    NettyLoop.eventLoop(loop)
                        .schedule(() -> fired.setResult("netty"), 20, TimeUnit.MILLISECONDS);
              });

          assertThat(fired.await()).isEqualTo("netty");
          assertThat(Asyncio.sleep(Duration.ofMillis(5), "ours")).isEqualTo("ours");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void busyCoroutine_doesNotStarveNettyTasks(Transport transport) {
    run(
        transport,
        () -> {
          var ran = new AtomicBoolean();
          NettyLoop.eventLoop(Loop.running()).execute(() -> ran.set(true));
          while (!ran.get()) { // endless if it starves them
            Asyncio.sleep(Duration.ZERO);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void run_onASecondThread_isRefused(Transport transport) throws Exception {
    Loop loop = NettyLoop.create(transport);
    Asyncio.runUntilComplete(loop, () -> 1);
    var refusal = new Throwable[1];
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Asyncio.runUntilComplete(loop, () -> 2);
              } catch (IllegalStateException fault) {
                refusal[0] = fault;
              }
            });
    other.join();

    assertThat(refusal[0]).hasMessageContaining("belongs to");
    loop.close();
  }

  @Test
  void transport_unknownName_listsTheNames() {
    assertThatThrownBy(() -> Transport.named("pigeon"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("pigeon", "nio", "epoll", "io_uring");
  }

  @Test
  void group_ofNoLoops_isRefused() {
    assertThatThrownBy(() -> new LoopGroup(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
