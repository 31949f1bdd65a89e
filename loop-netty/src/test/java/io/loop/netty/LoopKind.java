package io.loop.netty;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.testing.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A kind of loop that has sockets: where its thread comes from, and its transport.
public record LoopKind(Origin origin, Transport transport) {

  private static final int LOOPS = 2;

  public enum Origin {
    /// One loop that a runner runs.
    OWNED,
    /// Two loops of a [LoopGroup].
    GROUP,
    /// Two loops on event loops that another program made.
    ATTACHED
  }

  /// What is run on loops of a kind.
  public interface Body {
    /// Suspends.
    ///
    /// @param loops the event loops of all loops; the body runs on the first one
    void run(EventLoopGroup loops) throws Exception;
  }

  /// {@return all kinds that this machine has}
  public static Stream<LoopKind> all() {
    return Stream.of(Origin.values())
        .flatMap(origin ->
            Transport.available().stream().map(transport -> new LoopKind(origin, transport)));
  }

  /// {@return how many kinds this machine has}
  public static int count() {
    return Math.toIntExact(all().count());
  }

  /// Runs a body as a task of a new loop of this kind, to its end.
  ///
  /// Fails if that takes half a minute, and leaves the threads behind: those of a loop that stands
  /// still cannot be ended.
  public void run(Body body) {
    Threads.onThread(() -> runHere(body));
  }

  private void runHere(Body body) throws InterruptedException {
    switch (origin) {
      case OWNED ->
          OnNetty.run(transport, () -> body.run(NettyLoop.eventLoop(Loop.running()).next()));
      case GROUP -> {
        try (var group = new LoopGroup(LOOPS, transport)) {
          on(group.eventLoops(), body);
        }
      }
      case ATTACHED -> {
        IoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(LOOPS, OnNetty.handlers(transport));
        try {
          on(group, body);
        } finally {
          group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
      }
    }
  }

  private static void on(EventLoopGroup loops, Body body) {
    Loop first = NettyLoop.of(loops.iterator().next());
    Asyncio.runCoroutineThreadsafe(Coro.of(() -> body.run(loops)), first).join();
  }

  /// Listens on a free port of the loopback address.
  ///
  /// Suspends.
  public InetSocketAddress listen(EventLoopGroup loops, Consumer<ChannelPipeline> pipeline) {
    var bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverType())
            .childHandler(Pipelines.initializer(pipeline));
    return OnNetty.offLoop(() ->
        (InetSocketAddress)
            bootstrap
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel()
                .localAddress());
  }

  @Override
  public String toString() {
    return origin.name().toLowerCase(Locale.ROOT) + " " + transport;
  }
}
