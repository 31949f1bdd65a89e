package io.loop.netty.stream;

import io.loop.netty.Certificates;
import java.io.IOException;

/// Options of both sides for TLS, and connections with options.
abstract class TlsFixture extends StreamsFixture {

  public static final ServerOptions SERVER =
      ServerOptions.DEFAULT.withTls(Certificates.serverContext());

  public static final ConnectionOptions CLIENT =
      ConnectionOptions.DEFAULT.withTls(Certificates.clientContext());

  public static StreamConnection open(Server server, ConnectionOptions options) throws IOException {
    return Streams.openConnection(LOCAL, server.localAddress().getPort(), options);
  }

  public static void end(Server server, StreamConnection... connections) {
    for (StreamConnection connection : connections) {
      connection.close();
    }
    server.close();
    server.waitClosed();
  }
}
