package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers behind proxies.
class ProxyProtocolTest extends ProxyTests {

  @TempDir Path directory;

  static Stream<Arguments> transportsAndHeaders() {
    return crossed(headers());
  }

  @ParameterizedTest
  @MethodSource("transportsAndHeaders")
  void header_withTheFirstBytes_namesThePeerAndTheBytesFollow(
      Transport transport,
      byte[] header,
      @Nullable SocketAddress peer,
      @Nullable SocketAddress own) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket socket = connect(server);

          send(socket, joined(header, HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, peer, own));
          assertThat(server.refusedCount()).isZero();
          socket.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transportsAndHeaders")
  void header_oneByteAtATime_namesThePeer(
      Transport transport,
      byte[] header,
      @Nullable SocketAddress peer,
      @Nullable SocketAddress own) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket socket = connect(server);
          socket.setTcpNoDelay(true);
          for (byte each : header.length > 100 ? Arrays.copyOf(header, 40) : header) {
            send(socket, new byte[] {each});
            polls(1);
          }

          send(
              socket,
              joined(
                  header.length > 100 ? Arrays.copyOfRange(header, 40, header.length) : new byte[0],
                  HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, peer, own));
          socket.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void header_onAUnixSocket_namesThePeer(Transport transport) {
    Path path = directory.resolve("server.sock");
    run(
        transport,
        () -> {
          Server server =
              Streams.startUnixServer(
                  ProxyProtocolTest::name,
                  path,
                  PROXIED.withProxyProtocol(ProxyProtocol.DEFAULT.withTrusted("10.0.0.0/8")));
          StreamConnection connection =
              Streams.openUnixConnection(
                  path,
                  ConnectionOptions.DEFAULT.withProxyProtocol(ProxyHeader.of(CLIENT, SERVER)));
          connection.writer().write(HELLO);

          assertThat(connection.reader().read())
              .asString()
              .isEqualTo(CLIENT + " " + SERVER + "\nhello\n");
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void handlersOfTheProgram_seeTheHeader(Transport transport) {
    List<Object> seen = new ArrayList<>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED.withPipeline(pipeline ->
                      pipeline.addLast(
                          new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                              seen.add(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
                              context.fireChannelRead(message);
                            }
                          })));
          Socket socket = connect(server);
          send(socket, joined(v1(CLIENT), HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, CLIENT, SERVER));
          assertThat(seen.getFirst()).asString().startsWith("PROXY TCP4");
          socket.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serverClosed_whileAHeaderIsAwaited_stillServesTheConnection(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket socket = connect(server);
          until(() -> server.connectionCount() == 1);

          server.close();
          send(socket, joined(v1(CLIENT), HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, CLIENT, SERVER));
          socket.close();
          server.waitClosed();
        });
  }
}
