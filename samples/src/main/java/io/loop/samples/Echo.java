package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
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

  @Mixin private ServingOptions serving = new ServingOptions();

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

  @Override
  public Integer call() {
    return serving.run(common, UnaryOperator.identity(), this::serve);
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
