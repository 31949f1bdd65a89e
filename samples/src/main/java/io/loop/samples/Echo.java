package io.loop.samples;

import io.loop.netty.LoopGroup;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
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

  @Option(names = "--reuse-port", description = "let each loop accept its own connections")
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
    Server server =
        style == Style.STREAMS
            ? Streams.startServer(Echo::echo, listen.host(), listen.port(), options)
            : ChannelServer.startServer(
                pipeline -> pipeline.addLast(CoroutineHandler.of(ByteBuf.class, Echo::echo)),
                listen.host(),
                listen.port(),
                options);
    listen.announce(server.localAddress());
    server.serveForever();
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
