package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's ways to end event loops, on groups of event loops that our loops drive.
class ShutdownTest extends ShutdownFixture {

  private void startCleaner(Loop loop) throws InterruptedException {
    var _ = Asyncio.runCoroutineThreadsafe(this::cleanUpSlowly, loop);
    assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitEnd(EventLoopGroup group) throws InterruptedException {
    assertThat(group.awaitTermination(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(group.isShuttingDown()).isTrue();
    assertThat(group.isShutdown()).isTrue();
    assertThat(group.isTerminated()).isTrue();
    assertThat(group.terminationFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
    for (EventExecutor eventLoop : group) {
      assertThat(eventLoop.isTerminated()).isTrue();
    }
  }

  private static void assertClosed(LoopGroup group) {
    assertThat(group.loops()).allMatch(Loop::isClosed);
    group.close(); // does nothing, and returns
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofAGroup_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(2, transport);
    startCleaner(group.loops().getLast());

    var end = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    assertThat(group.eventLoops().isShuttingDown()).isTrue();
    assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(log).containsExactly("cleaned up");
    awaitEnd(group.eventLoops());
    assertClosed(group);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_thenClose_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    startCleaner(group.loops().getFirst());

    var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);
    group.close();

    assertThat(log).containsExactly("cleaned up");
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofOneEventLoopOfAGroup_endsThatOne(Transport transport) throws Exception {
    try (var group = new LoopGroup(2, transport)) {
      Loop ending = group.loops().getFirst();
      Loop other = group.loops().getLast();
      startCleaner(ending);

      IoEventLoop eventLoop = NettyLoop.eventLoop(ending);
      var end = eventLoop.shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

      assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(log).containsExactly("cleaned up");
      assertThat(ending.isClosed()).isTrue();
      assertThat(group.eventLoops().isShuttingDown()).isFalse();
      assertThat(Asyncio.runCoroutineThreadsafe(() -> "alive", other).join()).isEqualTo("alive");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  @SuppressWarnings("deprecation")
  void shutdown_ofAGroup_waitsForItsTasks(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    startCleaner(group.loops().getFirst());

    group.eventLoops().shutdown();

    assertThat(group.eventLoops().isShutdown()).isTrue();
    assertThat(group.eventLoops().awaitTermination(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(log).containsExactly("cleaned up");
    assertClosed(group);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_onALoopOfTheGroup_endsIt(Transport transport) throws Exception {
    var group = new LoopGroup(2, transport);
    startCleaner(group.loops().getFirst());
    EventLoopGroup eventLoops = group.eventLoops();

    CompletableFuture<Boolean> asked =
        Asyncio.runCoroutineThreadsafe(
            () ->
                eventLoops.shutdownGracefully(0, SECONDS, TimeUnit.SECONDS)
                    == eventLoops.terminationFuture(),
            group.loops().getFirst());

    assertThat(asked.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    awaitEnd(eventLoops);
    assertThat(log).containsExactly("cleaned up");
  }

  /// The sockets work until the tasks have ended.
  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_connectionThatSaysGoodbye_isHeard(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    CompletableFuture<Server> started =
        Asyncio.runCoroutineThreadsafe(
            () ->
                Streams.startServer(
                    (reader, writer) -> {
                      try {
                        waiting.countDown();
                        reader.readLine();
                      } finally {
                        Asyncio.sleep(Duration.ofMillis(5));
                        writer.write("goodbye\n".getBytes(StandardCharsets.US_ASCII));
                        writer.drain();
                      }
                    },
                    "127.0.0.1",
                    0,
                    ServerOptions.DEFAULT),
            group.loops().getFirst());
    int port = started.get(SECONDS, TimeUnit.SECONDS).localAddress().getPort();
    try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.setSoTimeout((int) PATIENCE.toMillis());
      assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();

      var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("goodbye\n");
    }
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_ofAGroup_closesItsChannels(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    Channel channel =
        new ServerBootstrap()
            .group(group.eventLoops())
            .channel(transport.serverType())
            .childHandler(new ChannelInboundHandlerAdapter())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();

    var _ = group.eventLoops().shutdownGracefully(0, SECONDS, TimeUnit.SECONDS);

    assertThat(channel.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void shutdownGracefully_taskInTheQuietPeriod_runs(Transport transport) throws Exception {
    var group = new LoopGroup(1, transport);
    Loop loop = group.loops().getFirst();
    var _ = group.eventLoops().shutdownGracefully(1, SECONDS, TimeUnit.SECONDS);
    while (!loop.isClosed()) {
      Thread.onSpinWait();
    }

    String ran = group.eventLoops().submit(() -> "ran").get(SECONDS, TimeUnit.SECONDS);

    assertThat(ran).isEqualTo("ran");
    awaitEnd(group.eventLoops());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void shutdownGracefully_taskThatDoesNotEnd_isUnwoundAtTheLimit(Transport transport)
      throws Exception {
    var group = new LoopGroup(1, transport);
    var reports = new ConcurrentLinkedQueue<ExceptionContext>();
    Loop loop = group.loops().getFirst();
    loop.callSoonThreadsafe(() -> loop.setExceptionHandler((_, report) -> reports.add(report)));
    CompletableFuture<Void> stubborn = Asyncio.runCoroutineThreadsafe(this::declineForever, loop);
    assertThat(waiting.await(SECONDS, TimeUnit.SECONDS)).isTrue();

    var _ = group.eventLoops().shutdownGracefully(0, 50, TimeUnit.MILLISECONDS);

    awaitEnd(group.eventLoops());
    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task was destroyed but it is pending!");
    assertThat(stubborn).isDone();
  }

  private Void declineForever() {
    while (true) {
      try {
        waiting.countDown();
        Asyncio.sleep(DAY);
      } catch (CancelledError declined) {
        log.add("declined");
      }
    }
  }

  @Test
  void shutdownGracefully_limitsThatMakeNoSense_areRefused() {
    try (var group = new LoopGroup(1)) {
      EventLoopGroup eventLoops = group.eventLoops();

      assertThatThrownBy(() -> eventLoops.shutdownGracefully(2, 1, TimeUnit.SECONDS))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> eventLoops.shutdownGracefully(-1, 1, TimeUnit.SECONDS))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(eventLoops.isShuttingDown()).isFalse();
    }
  }
}
