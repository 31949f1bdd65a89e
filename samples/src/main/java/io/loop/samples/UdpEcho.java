package io.loop.samples;

import io.loop.netty.datagram.Datagram;
import io.loop.netty.datagram.DatagramEndpoint;
import io.loop.netty.datagram.Datagrams;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// The echo server over UDP.
@Command(
    name = "udp-echo",
    description = "Echoes each packet to its sender, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class UdpEcho implements Callable<Integer> {

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Override
  public Integer call() {
    return ListenOptions.runUntilSignal(this::serve, common.runnerOptions());
  }

  private void serve() throws IOException {
    DatagramEndpoint endpoint =
        Datagrams.createDatagramEndpoint(new InetSocketAddress(listen.host(), listen.port()), null);
    try {
      listen.announce(endpoint.localAddress());
      for (Datagram packet : endpoint) {
        endpoint.send(packet.data(), packet.sender());
        endpoint.drain();
      }
    } finally {
      endpoint.close();
    }
  }
}
