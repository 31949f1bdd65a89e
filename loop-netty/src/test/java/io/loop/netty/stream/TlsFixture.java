package io.loop.netty.stream;

import io.loop.netty.Certificates;
import io.loop.netty.OnNetty;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/// Certificates, a server that echoes, and a connection to it.
abstract class TlsFixture extends OnNetty {

  static final String LOCAL = "127.0.0.1";

  public static final ServerOptions SERVER =
      ServerOptions.DEFAULT.withTls(Certificates.serverContext());

  public static final ConnectionOptions CLIENT =
      ConnectionOptions.DEFAULT.withTls(Certificates.clientContext());

  public static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  public static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] block = reader.read(65_536);
    while (block.length > 0) {
      writer.write(block);
      writer.drain();
      block = reader.read(65_536);
    }
  }

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
