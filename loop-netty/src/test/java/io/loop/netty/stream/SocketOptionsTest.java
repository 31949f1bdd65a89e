package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.OnNetty;
import io.loop.netty.datagram.DatagramOptions;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import jdk.net.ExtendedSocketOptions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's options of sockets: set, not there, refused.
class SocketOptionsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final int BUFFER = 100_000;
  private static final int TOO_LONG = 1_000_000;

  @TempDir Path directory;

  /// {@return an option whose value the system checks: 32767 seconds at most on Linux}
  private static ChannelOption<Integer> keepIdle(Transport transport) {
    return switch (transport) {
      case IO_URING -> IoUringChannelOption.TCP_KEEPIDLE;
      case EPOLL -> EpollChannelOption.TCP_KEEPIDLE;
      case KQUEUE -> ChannelOption.valueOf("kqueue has none");
      case NIO -> NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE);
    };
  }

  private static StreamConnection open(Server server, ConnectionOptions options)
      throws IOException {
    return TlsTest.open(server, options);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void options_ofEverySocket_areSet(Transport transport) {
    var accepted = new AtomicReference<@Nullable Channel>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    accepted.set((Channel) writer.getExtraInfo("channel"));
                    TlsTest.echo(reader, writer);
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT
                      .withOption(ChannelOption.SO_RCVBUF, BUFFER)
                      .withChildOption(ChannelOption.SO_KEEPALIVE, true)
                      .withChildOption(ChannelOption.TCP_NODELAY, false));
          StreamConnection connection =
              open(
                  server,
                  ConnectionOptions.DEFAULT
                      .withOption(ChannelOption.SO_KEEPALIVE, true)
                      .withOption(ChannelOption.TCP_NODELAY, false));
          connection.writer().write(TlsTest.ascii("hello\n"));
          connection.reader().readLine();
          var opened = (Channel) connection.writer().getExtraInfo("channel");

          int received = server.listeners().getFirst().config().getOption(ChannelOption.SO_RCVBUF);
          assertThat(received).isGreaterThanOrEqualTo(BUFFER).isLessThanOrEqualTo(2 * BUFFER);
          for (Channel each : new Channel[] {opened, accepted.get()}) {
            assertThat(each.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(each.config().getOption(ChannelOption.TCP_NODELAY)).isFalse();
          }
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void fastOpenAndKeepIdle_areSet(Transport transport) {
    if (transport == Transport.KQUEUE) {
      return; // has neither
    }
    var accepted = new AtomicReference<@Nullable Channel>();
    run(
        transport,
        () -> {
          ServerOptions options = ServerOptions.DEFAULT.withChildOption(keepIdle(transport), 77);
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    accepted.set((Channel) writer.getExtraInfo("channel"));
                    TlsTest.echo(reader, writer);
                  },
                  LOCAL,
                  0,
                  transport == Transport.NIO
                      ? options
                      : options.withOption(ChannelOption.TCP_FASTOPEN, 5));
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello\n"));
          connection.reader().readLine();

          assertThat(accepted.get().config().getOption(keepIdle(transport))).isEqualTo(77);
          TlsTest.end(server, connection);
        });
  }

  /// Netty would log this, and go on without.
  @ParameterizedTest
  @MethodSource("transports")
  void option_thatTheTransportDoesNotHave_failsAtTheStart(Transport transport) {
    ChannelOption<Integer> none = ChannelOption.SO_TIMEOUT;
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          assertMissing(
              transport,
              () ->
                  Streams.startServer(
                      TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withOption(none, 1)));
          assertMissing(
              transport,
              () ->
                  Streams.startServer(
                      TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withChildOption(none, 1)));
          assertMissing(
              transport, () -> open(server, ConnectionOptions.DEFAULT.withOption(none, 1)));
          assertMissing(
              transport,
              () ->
                  Datagrams.createDatagramEndpoint(
                      ANY_PORT, null, DatagramOptions.DEFAULT.withOption(none, 1)));
          TlsTest.end(server);
        });
  }

  private static void assertMissing(Transport transport, ThrowingCallable start) {
    assertThatThrownBy(start)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of the transport " + transport)
        .hasMessageContaining("does not have the option SO_TIMEOUT");
  }

  /// The other native transport has the same option by another name.
  @Test
  void optionOfAnotherTransport_isNamedWithIt() {
    run(
        Transport.NIO,
        () ->
            assertThatThrownBy(() ->
                    Streams.startServer(
                        TlsTest::echo,
                        LOCAL,
                        0,
                        ServerOptions.DEFAULT.withChildOption(
                            EpollChannelOption.TCP_USER_TIMEOUT, 1000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                    "NioSocketChannel, of the transport nio, does not have the option"
                        + " EpollChannelOption.TCP_USER_TIMEOUT"));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void option_onAUnixSocket_isSetOrFailsAtTheStart(Transport transport) {
    Path path = directory.resolve("server.sock");
    run(
        transport,
        () -> {
          assertThatThrownBy(() ->
                  Streams.startUnixServer(
                      TlsTest::echo,
                      path,
                      ServerOptions.DEFAULT.withChildOption(ChannelOption.TCP_NODELAY, true)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("does not have the option TCP_NODELAY");
          Server server =
              Streams.startUnixServer(
                  TlsTest::echo,
                  path,
                  ServerOptions.DEFAULT.withChildOption(ChannelOption.WRITE_SPIN_COUNT, 4));
          StreamConnection connection =
              Streams.openUnixConnection(
                  path, ConnectionOptions.DEFAULT.withOption(ChannelOption.WRITE_SPIN_COUNT, 4));
          connection.writer().write(TlsTest.ascii("hello\n"));
          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void value_thatTheSystemRefuses_failsAtTheStart(Transport transport) {
    if (transport == Transport.KQUEUE) {
      return; // has no such option
    }
    ChannelOption<Integer> idle = keepIdle(transport);
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          assertRefused(
              transport,
              () ->
                  Streams.startServer(
                      TlsTest::echo,
                      LOCAL,
                      0,
                      ServerOptions.DEFAULT.withChildOption(idle, TOO_LONG)));
          assertRefused(
              transport, () -> open(server, ConnectionOptions.DEFAULT.withOption(idle, TOO_LONG)));
          StreamConnection connection = open(server, ConnectionOptions.DEFAULT);
          assertThat(connection.reader().atEof()).isFalse();
          TlsTest.end(server, connection);
        });
  }

  private static void assertRefused(Transport transport, ThrowingCallable start) {
    assertThatThrownBy(start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "TCP_KEEPIDLE cannot be set to 1000000 on the transport " + transport);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void value_thatIsNotValid_failsAtTheStart(Transport transport) {
    run(
        transport,
        () ->
            assertThatThrownBy(() ->
                    Streams.startServer(
                        TlsTest::echo,
                        LOCAL,
                        0,
                        ServerOptions.DEFAULT.withOption(ChannelOption.WRITE_SPIN_COUNT, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("WRITE_SPIN_COUNT")
                .hasMessageContaining("transport " + transport));
  }

  private static Arguments refused(String text, ThrowingCallable making) {
    return Arguments.of(text, making);
  }

  static Stream<Arguments> reserved() {
    ServerOptions server = ServerOptions.DEFAULT;
    ConnectionOptions connection = ConnectionOptions.DEFAULT;
    DatagramOptions packets = DatagramOptions.DEFAULT;
    return Stream.of(
        refused("withoutServing()", () -> server.withOption(ChannelOption.AUTO_READ, false)),
        refused("withBacklog()", () -> server.withOption(ChannelOption.SO_BACKLOG, 1)),
        refused("withReusePort()", () -> server.withOption(UnixChannelOption.SO_REUSEPORT, true)),
        refused("withLimit()", () -> server.withChildOption(ChannelOption.AUTO_READ, false)),
        refused(
            "ALLOW_HALF_CLOSURE",
            () -> server.withChildOption(ChannelOption.ALLOW_HALF_CLOSURE, false)),
        refused("AUTO_CLOSE", () -> server.withChildOption(ChannelOption.AUTO_CLOSE, false)),
        refused(
            "drain()",
            () ->
                connection.withOption(
                    ChannelOption.WRITE_BUFFER_WATER_MARK, WriteBufferWaterMark.DEFAULT)),
        refused(
            "withConnectTimeout()",
            () -> connection.withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1)),
        refused("the value", () -> connection.withOption(ChannelOption.SO_KEEPALIVE, null)),
        refused("withReuseAddress()", () -> packets.withOption(ChannelOption.SO_REUSEADDR, true)),
        refused("withBroadcast()", () -> packets.withOption(ChannelOption.SO_BROADCAST, true)),
        refused(
            "how much of a packet",
            () -> packets.withOption(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 1)));
  }

  @ParameterizedTest
  @MethodSource("reserved")
  void option_thatThisModuleNeeds_isRefusedAndSaysWhatToDo(String text, ThrowingCallable making) {
    assertThatThrownBy(making)
        .isInstanceOfAny(IllegalArgumentException.class, NullPointerException.class)
        .hasMessageContaining(text);
  }

  @Test
  void options_setTwice_haveTheLastValueAndLeaveTheFirstOptionsAlone() {
    ServerOptions one = ServerOptions.DEFAULT.withChildOption(ChannelOption.SO_SNDBUF, 1);
    ServerOptions two =
        one.withChildOption(ChannelOption.SO_SNDBUF, 2).withOption(ChannelOption.SO_RCVBUF, 3);

    assertThat(one.childOptions()).containsOnlyKeys(ChannelOption.SO_SNDBUF).containsValue(1);
    assertThat(two.childOptions()).containsOnlyKeys(ChannelOption.SO_SNDBUF).containsValue(2);
    assertThat(two.socketOptions()).containsOnlyKeys(ChannelOption.SO_RCVBUF);
    assertThat(one.socketOptions()).isEmpty();
  }
}
