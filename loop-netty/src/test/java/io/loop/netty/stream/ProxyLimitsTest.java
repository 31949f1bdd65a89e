package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.Certificates;
import io.loop.netty.connection.WirePipelineTest;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Limits of a server behind a proxy, and what its end does to those that wait.
class ProxyLimitsTest extends ProxyTests {

  @ParameterizedTest
  @MethodSource("transports")
  void limits_countThePeerInTheHeader(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  PROXIED.withLimits(ServerLimits.NONE.withConnections(10, 1)));
          ConnectionOptions one =
              ConnectionOptions.DEFAULT.withProxyProtocol(ProxyHeader.of(CLIENT, SERVER));
          StreamConnection first = TlsTest.open(server, one);
          first.writer().write(HELLO);
          first.reader().readLine();

          StreamConnection second = TlsTest.open(server, one);
          assertThat(endOf(second)).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          StreamConnection other =
              TlsTest.open(
                  server,
                  ConnectionOptions.DEFAULT.withProxyProtocol(
                      ProxyHeader.of(new InetSocketAddress("192.0.2.2", 1), SERVER)));
          other.writer().write(HELLO);
          assertThat(other.reader().readLine()).isEqualTo(HELLO);

          first.close();
          until(() -> server.connectionCount() == 1);
          StreamConnection third = TlsTest.open(server, one);
          third.writer().write(HELLO);
          assertThat(third.reader().readLine()).isEqualTo(HELLO);
          TlsTest.end(server, second, other, third);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void limits_countConnectionsThatHaveNoHeaderYet(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED.withLimits(ServerLimits.NONE.withConnections(2, 2)));
          Socket first = connect(server);
          Socket second = connect(server);
          until(() -> server.connectionCount() == 2);
          Socket third = connect(server);

          assertThat(offLoop(() -> WirePipelineTest.endOf(third))).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          send(first, joined(v1(CLIENT), HELLO));
          assertThat(offLoop(() -> answer(first))).isEqualTo(named(first, CLIENT, SERVER));
          for (Socket socket : List.of(first, second, third)) {
            socket.close();
          }
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void server_endsWhileAHeaderIsAwaited_doesNotWaitForIt(Transport transport) {
    for (ServerOptions options : List.of(PROXIED, PROXIED.withTls(Certificates.serverContext()))) {
      run(
          transport,
          () -> {
            var started = new AtomicReference<@Nullable Server>();
            Task<?> serving =
                Asyncio.createTask(() -> {
                  Server server =
                      Streams.startServer(
                          ProxyProtocolTest::name, LOCAL, 0, options.withGrace(PATIENCE));
                  started.set(server);
                  server.serveForever();
                  return true;
                });
            until(() -> started.get() != null);
            Socket socket = connect(started.get());
            until(() -> started.get().connectionCount() == 1);

            serving.cancel();

            assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
            assertThat(offLoop(() -> WirePipelineTest.endOf(socket))).isTrue();
            socket.close();
          });
    }
  }
}
