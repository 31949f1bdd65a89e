package io.loop.samples;

import io.loop.event.Loop;
import io.loop.netty.CoroutineChannel;
import io.loop.netty.CoroutineHandler;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyFutures;
import io.loop.netty.NettyLoop;
import io.loop.netty.Server;
import io.loop.netty.ServerLimits;
import io.loop.netty.ServerOptions;
import io.loop.netty.Streams;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Tasks;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A server that echoes what it receives, byte for byte.
@Command(
    name = "echo",
    description = "Echoes what it receives, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Echo implements Callable<Integer> {

  private static final int BLOCK = 65_536;

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--loops",
      defaultValue = "1",
      description = "number of loops that serve connections (default: ${DEFAULT-VALUE})")
  private int loops;

  @Option(
      names = "--reuse-port",
      description = "let each loop accept its own connections; only with --style streams")
  private boolean reusePort;

  enum Style {
    STREAMS,
    CHANNEL
  }

  @Option(
      names = "--style",
      defaultValue = "streams",
      paramLabel = "NAME",
      description = {
        "streams: a coroutine with a reader and a writer; channel: a coroutine at the end of a"
            + " Netty pipeline,"
            + " which copies no bytes (default: ${DEFAULT-VALUE})"
      })
  private Style style = Style.STREAMS;

  @Option(
      names = "--grace",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description = "grace period when the server shuts down (default: ${DEFAULT-VALUE})")
  private int grace;

  @Option(
      names = "--max-connections",
      defaultValue = "10000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--loops", loops);
    common.requirePositive("--max-connections", maxConnections);
    var limits = ServerLimits.DEFAULT.withConnections(maxConnections, maxConnections);
    var serving = ServerOptions.DEFAULT.withGrace(Duration.ofSeconds(grace)).withLimits(limits);
    if (loops == 1) {
      return ListenOptions.runUntilSignal(() -> serve(serving), options);
    }
    try (var group = new LoopGroup(loops, common.transport())) {
      ServerOptions spread = serving.withGroup(group);
      return ListenOptions.runUntilSignal(
          () -> serve(reusePort ? spread.withReusePort() : spread), options);
    }
  }

  private void serve(ServerOptions options) throws IOException {
    if (style == Style.CHANNEL) {
      serveChannels(options);
      return;
    }
    Server server = Streams.startServer(Echo::echo, listen.host(), listen.port(), options);
    listen.announce(server.localAddress());
    server.serveForever();
  }

  private void serveChannels(ServerOptions options) {
    LoopGroup group = options.group();
    IoEventLoop here = NettyLoop.eventLoop(Loop.running());
    var bootstrap =
        new ServerBootstrap()
            .group(here, group == null ? here : group.eventLoops())
            .channel(common.transport().serverType())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(CoroutineHandler.of(ByteBuf.class, Echo::echo));
                  }
                });
    Channel server = NettyFutures.open(() -> bootstrap.bind(listen.host(), listen.port()));
    try {
      listen.announce((InetSocketAddress) server.localAddress());
      NettyFutures.await(server.closeFuture());
    } finally {
      Tasks.onLoopThread(server::close);
    }
  }

  private static void echo(CoroutineChannel<ByteBuf> channel) throws IOException {
    for (ByteBuf block : channel) {
      channel.write(block);
      channel.drain();
    }
  }

  static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] block = reader.read(BLOCK);
    while (block.length > 0) {
      writer.write(block);
      writer.drain();
      block = reader.read(BLOCK);
    }
  }
}
