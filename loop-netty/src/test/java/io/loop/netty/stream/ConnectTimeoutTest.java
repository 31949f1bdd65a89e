package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.connection.Connection;
import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How long a connection is tried: without a limit, unless one is given.
class ConnectTimeoutTest extends OnNetty {

  private static final String LOCAL = ownAddress(1);
  private static final String OTHER = ownAddress(2);
  private static final Duration SHORT = Duration.ofMillis(50);

  /// A listener that answers nobody: it never accepts, and more wait than the system keeps.
  static final class Deaf implements AutoCloseable {

    private final ServerSocket listener;
    private final List<SocketChannel> waiting = new ArrayList<>();

    Deaf() throws IOException {
      listener = new ServerSocket(0, 1, InetAddress.ofLiteral(LOCAL));
      for (int i = 0; i < 8; i++) {
        SocketChannel one = SocketChannel.open();
        waiting.add(one);
        one.configureBlocking(false);
        one.connect(listener.getLocalSocketAddress());
      }
    }

    InetSocketAddress address() {
      return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    int port() {
      return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel each : waiting) {
        each.close();
      }
      listener.close();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_peerDoesNotAnswer_failsAtTheLimit(Transport transport) throws Exception {
    try (var deaf = new Deaf()) {
      run(
          transport,
          () ->
              assertThatThrownBy(() ->
                      Streams.openConnection(
                          LOCAL, deaf.port(), ConnectionOptions.DEFAULT.withConnectTimeout(SHORT)))
                  .isInstanceOf(ConnectException.class)
                  .hasMessage(
                      "could not connect to "
                          + LOCAL
                          + ":"
                          + deaf.port()
                          + ": no answer within 50 ms"));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_firstAddressDoesNotAnswer_takesTheNextAtTheLimit(Transport transport)
      throws Exception {
    try (var deaf = new Deaf()) {
      run(
          transport,
          () -> {
            Server server = Streams.startServer(TlsTest::echo, OTHER, deaf.port());
            var opening =
                new StreamOpening(
                    Loop.running(), ConnectionOptions.DEFAULT.withConnectTimeout(SHORT));

            Connection connection =
                opening.connectAny(
                    List.of(InetAddress.ofLiteral(LOCAL), InetAddress.ofLiteral(OTHER)),
                    deaf.port());

            assertThat(connection.peer().address())
                .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(OTHER), deaf.port()));
            connection.close();
            TlsTest.end(server);
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_noLimitGiven_hasNone(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          StreamConnection connection =
              Streams.openConnection(LOCAL, server.localAddress().getPort());

          var channel = (Channel) connection.writer().getExtraInfo("channel");

          assertThat(channel.config().getConnectTimeoutMillis()).isZero();
          TlsTest.end(server, connection);
        });
  }

  @Test
  void connectTimeout_anyDuration_isRoundedUpAndFitsNetty() {
    assertThat(millisOf(Duration.ofNanos(1))).isEqualTo(1);
    assertThat(millisOf(Duration.ofMillis(7).plusNanos(1))).isEqualTo(8);
    assertThat(millisOf(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Integer.MAX_VALUE);
    for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      assertThatThrownBy(() -> ConnectionOptions.DEFAULT.withConnectTimeout(none))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("positive");
    }
  }

  private static int millisOf(Duration timeout) {
    return ConnectionOptions.DEFAULT.withConnectTimeout(timeout).connectTimeoutMillis();
  }
}
