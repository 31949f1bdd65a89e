package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamWriter;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections that become encrypted while they are used.
class StartTlsTest extends TlsFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void startTls_bothSides_goOnEncrypted(Transport transport) {
    TlsOptions serverTls = TlsOptions.of(Certificates.serverContext());
    TlsOptions clientTls =
        TlsOptions.of(Certificates.clientContext()).withServerHostname("localhost");
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    writer.write(reader.readLine()); // in the clear
                    Streams.startTls(writer, serverTls);
                    writer.write(reader.readLine());
                    writer.drain();
                  },
                  LOCAL,
                  0);
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT);
          StreamWriter writer = connection.writer();
          writer.write(ascii("starttls\n"));
          assertThat(connection.reader().readLine()).asString().isEqualTo("starttls\n");
          assertThat(writer.getExtraInfo("cipher")).isNull();

          Streams.startTls(writer, clientTls);

          assertThat(writer.getExtraInfo("protocol")).isEqualTo("TLSv1.3");
          writer.write(ascii("secret\n"));
          assertThat(connection.reader().readLine()).asString().isEqualTo("secret\n");
          assertThatThrownBy(() -> Streams.startTls(writer, clientTls))
              .isInstanceOf(IllegalStateException.class);
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startTls_helloArrivedAlready_isTakenFromTheReader(Transport transport) {
    TlsOptions clientTls =
        TlsOptions.of(Certificates.clientContext()).withServerHostname("localhost");
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    Channel channel = (Channel) writer.getExtraInfo("channel");
                    var hello = new LoopFuture<@Nullable Void>();
                    reader.readLine();
                    Tasks.onLoopThread(() -> channel.pipeline().addFirst(Pipelines.noting(hello)));
                    writer.write(ascii("go\n"));
                    hello.await();
                    Streams.startTls(writer, TlsOptions.of(Certificates.serverContext()));
                    writer.write(reader.readLine());
                    writer.drain();
                  },
                  LOCAL,
                  0);
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(ascii("starttls\n"));
          connection.reader().readLine();

          Streams.startTls(connection.writer(), clientTls);
          connection.writer().write(ascii("secret\n"));

          assertThat(connection.reader().readLine()).asString().isEqualTo("secret\n");
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startTls_wordsPutInTheServersMouth_failTheHandshake(Transport transport) {
    TlsOptions clientTls =
        TlsOptions.of(Certificates.clientContext()).withServerHostname("localhost");
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    writer.write(ascii("go\nand some more\n"));
                    reader.read();
                  },
                  LOCAL,
                  0);
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT);
          connection.reader().readLine();

          assertThatThrownBy(() -> Streams.startTls(connection.writer(), clientTls))
              .isInstanceOf(SSLException.class);

          end(server, connection);
        });
  }
}
