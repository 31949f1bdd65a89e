package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.Certificates;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamWriter;
import io.loop.task.Task;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections over TLS; peers that break its rules are in [TlsHazardsTest].
public class TlsTest extends TlsFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void echo_oneLine_comesBackAndTheFactsAreKnown(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, SERVER);
          StreamConnection connection = open(server, CLIENT);
          StreamWriter writer = connection.writer();

          writer.write(ascii("hello\n"));

          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          assertThat(writer.getExtraInfo("sslEngine")).isInstanceOf(SSLEngine.class);
          assertThat(writer.getExtraInfo("sslcontext")).isInstanceOf(SslContext.class);
          assertThat(writer.getExtraInfo("protocol")).isEqualTo("TLSv1.3");
          assertThat(writer.getExtraInfo("cipher")).asString().startsWith("TLS_");
          assertThat(writer.getExtraInfo("peercert"))
              .isEqualTo(Certificates.LOCAL.getCertificate());
          assertThat(writer.getExtraInfo("applicationProtocol")).isNull();
          assertThat(writer.getExtraInfo("peername")).isNotNull();
          end(server, connection);
          writer.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_eightMegabytesBothWays_arriveWhole(Transport transport) {
    byte[] data = randomBytes(8 << 20);
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, SERVER);
          StreamConnection connection = open(server, CLIENT);
          Task<?> writing =
              Asyncio.createTask(() -> {
                connection.writer().write(data); // at once: it waits on the heap
                connection.writer().drain();
              });

          byte[] back = connection.reader().readExactly(data.length);

          assertThat(back).isEqualTo(data);
          writing.await();
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard28_bodyThatWritesAndReturns_sendsEverythingBeforeTheClose(Transport transport) {
    byte[] data = randomBytes(5 << 20);
    run(
        transport,
        () -> {
          Server server = Streams.startServer((_, writer) -> writer.write(data), LOCAL, 0, SERVER);
          StreamConnection connection =
              open(
                  server,
                  ConnectionOptions.DEFAULT.withTls(
                      TlsOptions.of(Certificates.clientContext()).withCloseNotifyRequired()));

          assertThat(connection.reader().read()).isEqualTo(data);
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void context_replaced_servesTheNextConnection(Transport transport) {
    X509Bundle renewed = Certificates.issued(Certificates.AUTHORITY, "localhost", LOCAL);
    var context = new AtomicReference<>(Certificates.serverContext());
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withTls(TlsOptions.of(context::get)));
          StreamConnection before = open(server, CLIENT);

          context.set(Certificates.build(Certificates.server(renewed)));
          StreamConnection after = open(server, CLIENT);

          before.writer().write(ascii("old\n"));
          assertThat(before.reader().readLine()).asString().isEqualTo("old\n");
          assertThat(((X509Certificate) after.writer().getExtraInfo("peercert")))
              .isEqualTo(renewed.getCertificate());
          end(server, before, after);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void protocols_olderThanTls12_areRefused(Transport transport) {
    SslContext old =
        Certificates.build(Certificates.client(Certificates.AUTHORITY).protocols("TLSv1.1"));
    SslContext mixed =
        Certificates.build(
            Certificates.client(Certificates.AUTHORITY).protocols("TLSv1.1", "TLSv1.2"));
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, SERVER);

          assertThatThrownBy(() -> open(server, ConnectionOptions.DEFAULT.withTls(old)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("TLSv1.1");
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT.withTls(mixed));

          var engine = (SSLEngine) connection.writer().getExtraInfo("sslEngine");
          assertThat(engine.getEnabledProtocols()).containsExactly("TLSv1.2");
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void renegotiation_clientAsks_isCutOff(Transport transport) {
    run(
        transport,
        () -> {
          List<@Nullable Throwable> reports = new ArrayList<>();
          Loop.running().setExceptionHandler((_, failure) -> reports.add(failure.exception()));
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0, SERVER);
          Socket raw = connect(server);

          assertThatThrownBy(() ->
                  offLoop(() -> {
                    var socket = layered(raw, "TLSv1.2");
                    socket.getOutputStream().write('a');
                    assertThat(socket.getInputStream().read()).isEqualTo('a');
                    socket.startHandshake();
                    socket.getOutputStream().write('b');
                    return socket.getInputStream().readNBytes(1);
                  }))
              .isInstanceOf(IOException.class);

          raw.close();
          end(server);
          assertThat(reports)
              .singleElement()
              .extracting(Throwable::getMessage)
              .isEqualTo("the peer asked for renegotiation, which is refused");
        });
  }

  static SSLSocket layered(Socket raw, String protocol) throws Exception {
    var socket =
        (SSLSocket)
            Certificates.jdkClient(protocol)
                .getSocketFactory()
                .createSocket(raw, "localhost", raw.getPort(), false);
    socket.setEnabledProtocols(new String[] {protocol});
    return socket;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard39_handshakeExecutor_doesTheArithmetic(Transport transport) {
    var jobs = new AtomicInteger();
    run(
        transport,
        () -> {
          TlsOptions tls =
              TlsOptions.of(Certificates.serverContext())
                  .withHandshakeExecutor(job -> {
                    jobs.incrementAndGet();
                    Thread.ofPlatform().start(job);
                  });
          Server server =
              Streams.startServer(TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withTls(tls));

          List<StreamConnection> connections =
              Asyncio.<StreamConnection>gather(
                      List.of(() -> open(server, CLIENT), () -> open(server, CLIENT)))
                  .await();

          assertThat(jobs).hasValueGreaterThan(1);
          for (StreamConnection connection : connections) {
            connection.writer().write(ascii("hello\n"));
            assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
            connection.close();
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void timeLimits_ofAnyLength_areNoOverflow(Transport transport) {
    Duration forEver = ChronoUnit.FOREVER.getDuration();
    run(
        transport,
        () -> {
          for (boolean named : new boolean[] {false, true}) {
            TlsOptions serverTls =
                TlsOptions.of(Certificates.serverContext())
                    .withHandshakeTimeout(forEver)
                    .withShutdownTimeout(forEver);
            Server server =
                Streams.startServer(
                    TlsTest::echo,
                    "127.0.0.1",
                    0,
                    ServerOptions.DEFAULT
                        .withGrace(forEver)
                        .withLimits(
                            ServerLimits.DEFAULT
                                .withIdleTimeout(forEver)
                                .withFirstMessageTimeout(forEver))
                        .withTls(named ? serverTls.withContextOf(_ -> null) : serverTls));
            TlsOptions clientTls =
                TlsOptions.of(Certificates.clientContext())
                    .withServerHostname("localhost")
                    .withHandshakeTimeout(forEver)
                    .withShutdownTimeout(forEver);
            StreamConnection connection =
                open(
                    server,
                    ConnectionOptions.DEFAULT.withHappyEyeballs(forEver).withTls(clientTls));
            connection.writer().write(ascii("hello\n"));
            assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
            end(server, connection);
          }
        });
  }

  /// Netty counts in milliseconds, and takes nought for "no limit".
  @ParameterizedTest
  @MethodSource("transports")
  void handshakeTimeout_belowAMillisecond_isALimit(Transport transport) {
    Duration shortest = Duration.ofNanos(1);
    run(
        transport,
        () -> {
          Server silent = Streams.startServer((reader, _) -> reader.read(), "127.0.0.1", 0);
          TlsOptions clientTls =
              TlsOptions.of(Certificates.clientContext())
                  .withServerHostname("localhost")
                  .withHandshakeTimeout(shortest);
          assertThatThrownBy(() -> open(silent, ConnectionOptions.DEFAULT.withTls(clientTls)))
              .isInstanceOf(SSLHandshakeException.class)
              .hasMessageContaining("timed out");
          end(silent);

          TlsOptions serverTls =
              TlsOptions.of(Certificates.serverContext()).withHandshakeTimeout(shortest);
          for (TlsOptions tls : List.of(serverTls, serverTls.withContextOf(_ -> null))) {
            Server server =
                Streams.startServer(
                    TlsTest::echo, "127.0.0.1", 0, ServerOptions.DEFAULT.withTls(tls));
            Socket mute = connect(server);
            assertThat(offLoop(() -> mute.getInputStream().readAllBytes().length)).isBetween(0, 7);
            mute.close();
            end(server);
          }
        });
  }
}
