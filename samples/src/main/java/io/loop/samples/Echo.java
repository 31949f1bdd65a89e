package io.loop.samples;

import io.loop.Asyncio;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.netty.LoopGroup;
import io.loop.netty.Server;
import io.loop.netty.ServerOptions;
import io.loop.netty.Streams;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// A server that sends back what it gets, byte for byte.
@Command(
    name = "echo",
    description = "Sends back what it gets, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Echo implements Callable<Integer> {

  private static final int BLOCK = 65_536;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "address to listen on (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      defaultValue = "8007",
      description = "port to listen on, 0 for a free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--loops",
      defaultValue = "1",
      description = "loops that serve connections (default: ${DEFAULT-VALUE})")
  private int loops;

  @Option(
      names = "--grace",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description = "time connections get to end when the server does (default: ${DEFAULT-VALUE})")
  private int grace;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--loops", loops);
    var serving = ServerOptions.DEFAULT.withGrace(Duration.ofSeconds(grace));
    try {
      if (loops == 1) {
        Asyncio.run(Coro.of(() -> serve(serving)), options);
      } else {
        try (var group = new LoopGroup(loops, common.transport())) {
          Asyncio.run(Coro.of(() -> serve(serving.withGroup(group))), options);
        }
      }
    } catch (KeyboardInterrupt | SystemExit asked) {
      // the signal we wait for: the server has ended in good order
    }
    return 0;
  }

  private void serve(ServerOptions options) throws IOException {
    Server server = Streams.startServer(Echo::echo, host, port, options);
    InetSocketAddress address = server.localAddress();
    PrintWriter out = spec.commandLine().getOut();
    out.println("listening on " + address.getAddress().getHostAddress() + ":" + address.getPort());
    out.flush();
    server.serveForever();
  }

  private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] block = reader.read(BLOCK);
    while (block.length > 0) {
      writer.write(block);
      writer.drain();
      block = reader.read(BLOCK);
    }
  }
}
