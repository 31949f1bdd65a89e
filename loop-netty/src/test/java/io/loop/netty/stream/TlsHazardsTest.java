package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.Certificates;
import io.loop.netty.OnNetty;
import io.loop.netty.SkippableTime;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// TLS with peers that are not who they say, that stay silent, or that leave without a goodbye.
class TlsHazardsTest extends OnNetty {

  private static final String LOCAL = TlsTest.LOCAL;
  private static final Duration SHORT = Duration.ofMillis(100);

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_clientThatSpeaksPlainly_startsNoBody(Transport transport) {
    var bodies = new AtomicInteger();
    List<ExceptionContext> reports = new ArrayList<>();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer((_, _) -> bodies.incrementAndGet(), LOCAL, 0, TlsTest.SERVER);
          talkPlainly(server);
          assertThat(reports).isEmpty();

          Loop.running().setDebug(true);
          talkPlainly(server);

          assertThat(bodies).hasValue(0);
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().message()).isEqualTo("SSL handshake failed");
          server.close();
          server.waitClosed();
        });
  }

  private static void talkPlainly(Server server) throws Exception {
    Socket plain = connect(server);
    offLoop(() -> {
      plain.getOutputStream().write(TlsTest.ascii("GET / HTTP/1.0\r\n\r\n"));
      return plain.getInputStream().readAllBytes(); // an alert, perhaps, and the end
    });
    plain.close();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_serverThatSpeaksPlainly_isOneClearError(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer((_, writer) -> writer.write(new byte[100]), LOCAL, 0);

          assertThatThrownBy(() -> TlsTest.open(server, TlsTest.CLIENT))
              .isInstanceOf(SSLHandshakeException.class)
              .hasMessageContaining(LOCAL);

          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_authorityWeDoNotTrust_isRefusedByTheClient(Transport transport) {
    ConnectionOptions trusting =
        ConnectionOptions.DEFAULT.withTls(
            Certificates.build(Certificates.client(Certificates.STRANGER)));
    assertRefused(transport, trusting, "certif");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_certificateOfAnotherHost_isRefusedByTheClient(Transport transport) {
    TlsOptions tls = TlsOptions.of(Certificates.clientContext()).withServerHostname("wrong.test");
    assertRefused(transport, ConnectionOptions.DEFAULT.withTls(tls), "wrong.test");
  }

  private static void assertRefused(Transport transport, ConnectionOptions options, String reason) {
    var bodies = new AtomicInteger();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, _) -> {
                    bodies.incrementAndGet();
                    reader.read();
                  },
                  LOCAL,
                  0,
                  TlsTest.SERVER.withTls(
                      Certificates.build(
                          Certificates.server(Certificates.LOCAL).protocols("TLSv1.2"))));

          assertThatThrownBy(() -> TlsTest.open(server, options))
              .isInstanceOf(SSLHandshakeException.class)
              .hasMessageContaining(reason);

          server.close();
          server.waitClosed();
          assertThat(bodies).hasValue(0);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hostname_checkSwitchedOff_takesAnyName(Transport transport) {
    TlsOptions tls =
        TlsOptions.of(Certificates.clientContext())
            .withServerHostname("wrong.test")
            .withoutHostnameCheck();
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, TlsTest.SERVER);

          StreamConnection connection =
              TlsTest.open(server, ConnectionOptions.DEFAULT.withTls(tls));

          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_silentServer_endsTheHandshakeInTime(Transport transport) {
    TlsOptions tls = TlsOptions.of(Certificates.clientContext()).withHandshakeTimeout(SHORT);
    run(
        transport,
        () -> {
          Server silent = Streams.startServer((reader, _) -> reader.read(), LOCAL, 0);

          assertThatThrownBy(() -> TlsTest.open(silent, ConnectionOptions.DEFAULT.withTls(tls)))
              .isInstanceOf(SSLHandshakeException.class)
              .hasCauseInstanceOf(SslHandshakeTimeoutException.class);

          TlsTest.end(silent);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard38_silentClient_isCutOffInTime(Transport transport) {
    TlsOptions tls = TlsOptions.of(Certificates.serverContext()).withHandshakeTimeout(SHORT);
    for (TlsOptions options : List.of(tls, tls.withContextOf(_ -> null))) {
      run(
          transport,
          () -> {
            Server server =
                Streams.startServer(
                    TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withTls(options));
            Socket silent = connect(server);

            byte[] got = offLoop(() -> silent.getInputStream().readAllBytes());

            assertThat(got).hasSizeLessThan(100);
            silent.close();
            TlsTest.end(server);
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard37_openerCancelledInTheHandshake_leavesNoConnection(Transport transport) {
    run(
        transport,
        () -> {
          Server silent = Streams.startServer((reader, _) -> reader.read(), LOCAL, 0);
          Task<StreamConnection> opening =
              Asyncio.createTask(() -> TlsTest.open(silent, TlsTest.CLIENT));
          while (silent.connectionCount() == 0) {
            Asyncio.sleep(Duration.ofMillis(1));
          }

          opening.cancel();

          assertThatThrownBy(opening::await).isInstanceOf(CancelledError.class);
          TlsTest.end(silent); // its body ends only when the client is gone
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard40_closeNotifyAlone_endsTheInputAndTheServerCloses(Transport transport) {
    var lengths = new ArrayList<Integer>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, _) -> {
                    lengths.add(reader.read().length);
                    Asyncio.sleep(PATIENCE); // the body alone would not close
                  },
                  LOCAL,
                  0,
                  TlsTest.SERVER.withGrace(Duration.ZERO));
          Socket raw = connect(server);

          int end =
              offLoop(() -> {
                var socket = TlsTest.layered(raw, "TLSv1.3");
                socket.getOutputStream().write(new byte[10]);
                socket.shutdownOutput(); // close_notify, no FIN
                return socket.getInputStream().read();
              });

          assertThat(end).isEqualTo(-1);
          assertThat(lengths).containsExactly(10);
          raw.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard41_endWithoutCloseNotify_isTheEndOrIfAskedAFailure(Transport transport) {
    TlsOptions tls = TlsOptions.of(Certificates.serverContext());
    assertThat(cutOff(transport, tls)).isEqualTo("10 bytes");
    assertThat(cutOff(transport, tls.withCloseNotifyRequired())).contains("close_notify");
  }

  private static String cutOff(Transport transport, TlsOptions tls) {
    var outcome = new ArrayList<String>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, _) -> {
                    try {
                      outcome.add(reader.read().length + " bytes");
                    } catch (SSLException cutOff) {
                      outcome.add(cutOff.getMessage());
                    }
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withTls(tls));
          Socket raw = connect(server);
          offLoop(() -> {
            var socket = TlsTest.layered(raw, "TLSv1.3");
            socket.getOutputStream().write(new byte[10]);
            raw.shutdownOutput();
            return raw.getInputStream().readAllBytes();
          });
          raw.close();
          TlsTest.end(server);
        });
    return outcome.getFirst();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard42_writeEof_isRefused(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, TlsTest.SERVER);
          StreamConnection connection = TlsTest.open(server, TlsTest.CLIENT);

          assertThat(connection.writer().canWriteEof()).isFalse();
          assertThatThrownBy(connection.writer()::writeEof)
              .isInstanceOf(UnsupportedOperationException.class);

          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_peerDoesNotRead_endsInTime(Transport transport) {
    var outcomes = new ArrayList<String>();
    TlsOptions tls = TlsOptions.of(Certificates.serverContext()).withShutdownTimeout(SHORT);
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.write(new byte[16 << 20]); // more than the buffers of both sides
                    writer.close();
                    try {
                      writer.waitClosed();
                    } catch (IOException late) {
                      outcomes.add(late.getMessage());
                    }
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withTls(tls));
          Socket raw = connect(server);
          offLoop(() -> {
            TlsTest.layered(raw, "TLSv1.3").startHandshake();
            return true;
          });

          server.close();
          server.waitClosed();

          assertThat(outcomes).containsExactly("TLS shutdown timed out");
          raw.close();
        });
  }

  /// The peer takes so little that the whole takes many times the limit.
  @ParameterizedTest
  @MethodSource("transports")
  void close_peerReadsSlowly_sendsEverything(Transport transport) {
    int size = 5 << 20;
    var hour = Duration.ofHours(1);
    TlsOptions tls =
        TlsOptions.of(Certificates.serverContext()).withShutdownTimeout(hour.multipliedBy(16));
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> writer.write(new byte[size]),
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withLimits(ServerLimits.NONE).withTls(tls));
          Socket raw = connect(server);
          SSLSocket peer = offLoop(() -> TlsTest.layered(raw, "TLSv1.3"));

          for (int taken = 0; taken < size; time.skip(hour)) {
            int block = offLoop(() -> peer.getInputStream().readNBytes(32 << 10).length);
            assertThat(block).isPositive();
            taken += block;
          }

          raw.close();
          TlsTest.end(server);
        });
  }
}
