package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.OnNetty;
import io.loop.netty.socket.InheritedSocket;
import io.loop.netty.transport.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Sockets that another process has bound; here, another part of this process.
@EnabledOnOs(OS.LINUX)
final class InheritedSocketTest extends OnNetty {

  private static Socket bound() throws IOException {
    Socket socket = Socket.newSocketStream();
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return socket;
  }

  private static Socket listening() throws IOException {
    Socket socket = bound();
    socket.listen(16);
    return socket;
  }

  private static ServerOptions inheriting(Socket socket) {
    return ServerOptions.DEFAULT.withInheritedSocket(socket.intValue());
  }

  @Test
  void server_onAnInheritedSocket_servesAndClosesIt() {
    run(
        Transport.EPOLL,
        () -> {
          Socket socket = listening();
          InetSocketAddress address = socket.localAddress();
          Server server =
              Streams.startServer(
                  (reader, writer) -> writer.write(reader.readLine()),
                  "ignored.invalid",
                  1,
                  inheriting(socket));

          assertThat(server.localAddress()).isEqualTo(address);
          StreamConnection client = Streams.openConnection("127.0.0.1", address.getPort());
          client.writer().write(new byte[] {'a', '\n'});
          assertThat(client.reader().readLine()).containsExactly('a', '\n');
          client.close();
          server.close();
          server.waitClosed();

          assertThatThrownBy(() -> Streams.openConnection("127.0.0.1", address.getPort()))
              .isInstanceOf(IOException.class)
              .hasMessageContaining("refused");
        });
  }

  @Test
  void server_peerHasConnectedBefore_isServed() {
    run(
        Transport.EPOLL,
        () -> {
          Socket socket = listening();
          StreamConnection early =
              Streams.openConnection("127.0.0.1", socket.localAddress().getPort());
          polls(2);

          Server server =
              Streams.startServer(
                  (_, writer) -> writer.write(new byte[] {'a'}), "", 0, inheriting(socket));

          assertThat(Asyncio.waitFor(() -> early.reader().readExactly(1), PATIENCE))
              .containsExactly('a');
          early.close();
          server.close();
          server.waitClosed();
        });
  }

  @Test
  void server_thatDoesNotServeYet_letsPeersWait() {
    run(
        Transport.EPOLL,
        () -> {
          Socket socket = listening();
          Server server =
              Streams.startServer(
                  (_, writer) -> writer.write(new byte[] {'a'}),
                  "",
                  0,
                  inheriting(socket).withoutServing());
          StreamConnection client =
              Streams.openConnection("127.0.0.1", server.localAddress().getPort());
          polls(3);
          assertThat(client.reader().buffered()).isZero();

          server.startServing();

          assertThat(Asyncio.waitFor(() -> client.reader().readExactly(1), PATIENCE))
              .containsExactly('a');
          client.close();
          server.close();
          server.waitClosed();
        });
  }

  @Test
  void descriptor_thatCannotBeServed_isRefusedAndStaysOpen() {
    run(
        Transport.EPOLL,
        () -> {
          Socket unbound = bound();
          try {
            assertThatThrownBy(() -> start(inheriting(unbound)))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("not a listening TCP socket");
            assertThat(unbound.localAddress()).isNotNull();
            assertThatThrownBy(() -> start(ServerOptions.DEFAULT.withInheritedSocket(0)))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("descriptor 0")
                .hasMessageMatching(".*(NonBlocking=true|not a listening TCP socket).*");
            assertThatThrownBy(() -> start(ServerOptions.DEFAULT.withInheritedSocket(1 << 20)))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("no such descriptor");
          } finally {
            unbound.close();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = Transport.class,
      names = {"NIO", "IO_URING"})
  void transport_thatIsNotEpoll_isRefused(Transport transport) {
    assertThatThrownBy(() -> InheritedSocket.listening(transport, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("choose Transport.EPOLL");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void options_withoutASocketOfSystemd_areRefused(Transport transport) {
    run(
        transport,
        () ->
            assertThatThrownBy(ServerOptions.DEFAULT::withSystemdSocket)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".socket unit"));
  }

  @Test
  void systemd_passesTheDescriptorToOneProcess() {
    assertThat(InheritedSocket.ofSystemd(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "7"), 7))
        .isEqualTo(3);
    assertThatThrownBy(
            () -> InheritedSocket.ofSystemd(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "6"), 7))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("start java with exec");
  }

  @Test
  void options_thatContradict_areRefused() {
    assertThatThrownBy(() -> ServerOptions.DEFAULT.withReusePort().withInheritedSocket(3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bound already");
    assertThatThrownBy(() -> ServerOptions.DEFAULT.withInheritedSocket(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void servers_thatHaveAnotherAddress_refuseIt() {
    ServerOptions options = ServerOptions.DEFAULT.withInheritedSocket(3);
    run(
        Transport.EPOLL,
        () -> {
          assertThatThrownBy(
                  () -> Streams.startUnixServer((_, _) -> {}, Path.of("not-made"), options))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("leave withInheritedSocket out");
          assertThatThrownBy(() ->
                  ChannelServer.bind(new ServerBootstrap(), new InetSocketAddress(0), options))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("leave withInheritedSocket out");
        });
  }

  private static void start(ServerOptions options) throws IOException {
    Server server = Streams.startServer((_, _) -> Asyncio.sleep(Duration.ZERO), "", 0, options);
    server.close();
  }
}
