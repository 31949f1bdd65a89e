package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// The echo server over TLS.
@Command(
    name = "tls-echo",
    description = "Echoes what it receives over TLS 1.2 or 1.3, until SIGINT or SIGTERM.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class TlsEcho implements Callable<Integer> {

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private CertificateOptions certificate = new CertificateOptions();

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    certificate.requireBothOrNone();
    return ListenOptions.runUntilSignal(this::serve, options);
  }

  private void serve() throws IOException {
    var options = ServerOptions.DEFAULT.withTls(Asyncio.toThread(certificate::context));
    Server server = Streams.startServer(Echo::echo, listen.host(), listen.port(), options);
    listen.announce(server.localAddress());
    server.serveForever();
  }
}
