package io.loop.netty.stream;

import static io.loop.netty.stream.Streams.openConnection;
import static io.loop.netty.stream.Streams.startServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Code that blocks, on real connections.
class StreamViewsOverTcpTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";

  private static void echoZipped(StreamReader reader, StreamWriter writer) throws IOException {
    try (var in = new GZIPInputStream(reader.asInputStream());
        var out = new GZIPOutputStream(writer.asOutputStream())) {
      in.transferTo(out);
    }
    assertThat(writer.isClosing()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void zippedMegabytes_echoed_comeBackWhole(Transport transport) {
    var data = new byte[4 << 20]; // more than the sockets take: both sides have to wait
    new Random(1).nextBytes(data);
    run(
        transport,
        () -> {
          try (var server = startServer(StreamViewsOverTcpTest::echoZipped, LOCAL, 0);
              var connection = openConnection(LOCAL, server.localAddress().getPort())) {
            Task<?> sending =
                Asyncio.createTask(() -> {
                  try (var out = new GZIPOutputStream(connection.writer().asOutputStream())) {
                    out.write(data);
                  }
                  connection.writer().writeEof(); // GZIPInputStream looks for more behind the end
                });

            var in = new GZIPInputStream(connection.reader().asInputStream());
            assertThat(in.readNBytes(data.length)).isEqualTo(data);

            sending.await();
            assertThat(in.readAllBytes()).isEmpty();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void read_ofASilentPeer_hasATimeoutAndTakesNothing(Transport transport) {
    run(
        transport,
        () -> {
          try (var server =
                  startServer(
                      (reader, writer) -> {
                        writer.write(reader.readExactly(1));
                        writer.drain();
                      },
                      LOCAL,
                      0);
              var connection = openConnection(LOCAL, server.localAddress().getPort())) {
            var in = connection.reader().asInputStream();
            assertThatThrownBy(() -> Asyncio.timeout(Duration.ofMillis(20), () -> in.read()))
                .isInstanceOf(TimeoutException.class);

            connection.writer().asOutputStream().write(200);

            assertThat(in.read()).isEqualTo(200);
            assertThat(in.read()).isEqualTo(-1);
          }
        });
  }
}
