package io.loop.samples;

import io.loop.Asyncio;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.netty.Datagram;
import io.loop.netty.DatagramEndpoint;
import io.loop.netty.Datagrams;
import io.loop.task.Coro;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The echo server over UDP.
@Command(
    name = "udp-echo",
    description = "Sends each packet back to where it came from, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class UdpEcho implements Callable<Integer> {

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

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    try {
      Asyncio.run(Coro.of(this::serve), options);
    } catch (KeyboardInterrupt | SystemExit asked) {
      // the signal we wait for
    }
    return 0;
  }

  private void serve() throws IOException {
    DatagramEndpoint endpoint =
        Datagrams.createDatagramEndpoint(new InetSocketAddress(host, port), null);
    try {
      InetSocketAddress address = endpoint.localAddress();
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "listening on " + address.getAddress().getHostAddress() + ":" + address.getPort());
      out.flush();
      for (Datagram packet : endpoint) {
        endpoint.send(packet.data(), packet.sender());
        endpoint.drain();
      }
    } finally {
      endpoint.close();
    }
  }
}
