package io.loop.netty.stream;

import io.loop.netty.OnNetty;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;

/// Peers for streams: a server that echoes, a connection to it, and bytes to send.
abstract class StreamsFixture extends OnNetty {

  static final String LOCAL = "127.0.0.1";
  static final Duration TICK = Duration.ZERO;

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

  static StreamConnection open(Server server) throws IOException {
    return Streams.openConnection(LOCAL, server.localAddress().getPort());
  }
}
