package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A server's addresses are free when `close` has returned.
class ListenerCloseTest extends OnNetty {

  private static final int TIMES = 50;
  private static final String HOST = OnNetty.ownAddress(1);

  private static Server start(int port, ServerOptions options) throws IOException {
    return Streams.startServer(TlsTest::echo, List.of(HOST), port, options);
  }

  private static void restart(ServerOptions options, Closing closing) throws IOException {
    Server server = start(0, options);
    int port = server.localAddress().getPort();
    for (int i = 0; i < TIMES; i++) {
      closing.close(server);
      server = start(port, options);
    }
    TlsTest.end(server);
  }

  private interface Closing {
    void close(Server server);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_thenStartOnTheSamePort_succeedsEachTime(Transport transport) {
    run(transport, () -> restart(ServerOptions.DEFAULT, Server::close));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_inACallback_freesThePortToo(Transport transport) {
    run(transport, () -> restart(ServerOptions.DEFAULT, ListenerCloseTest::closeInACallback));
  }

  private static void closeInACallback(Server server) {
    var closed = new LoopFuture<@Nullable Void>(Loop.running());
    Loop.running()
        .callSoon(() -> {
          server.close();
          closed.setResult(null);
        });
    closed.await();
  }

  /// On NIO the handler is called while Netty goes through what its selector has found.
  @ParameterizedTest
  @MethodSource("transports")
  void close_inANettyHandler_leavesTheOtherChannelsTheirEvents(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(0, ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          var closing = openAndClose(server, port);
          var others = new ArrayList<StreamConnection>();
          for (int i = 0; i < 8; i++) {
            others.add(Streams.openConnection(HOST, port));
          }
          for (StreamConnection each : others) {
            each.writer().write(TlsTest.ascii("hello\n"));
          }
          closing.writer().write(TlsTest.ascii("now\n"));

          for (StreamConnection each : others) {
            assertThat(each.reader().readLine()).asString().isEqualTo("hello\n");
            each.close();
          }
          assertThat(server.isServing()).isFalse();
          closing.close();
          server.waitClosed();
          TlsTest.end(start(port, ServerOptions.DEFAULT));
        });
  }

  /// {@return a connection that closes a server when it gets bytes from it, in a handler}
  private static StreamConnection openAndClose(Server server, int port) throws IOException {
    StreamConnection opened = Streams.openConnection(HOST, port);
    var channel = (Channel) opened.writer().getExtraInfo("channel");
    Tasks.onLoopThread(() -> channel.pipeline().addFirst(new Closer(server)));
    return opened;
  }

  private static final class Closer extends ChannelInboundHandlerAdapter {
    private final Server server;

    Closer(Server server) {
      this.server = server;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      server.close();
      context.fireChannelRead(message);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void waitClosed_thenStartOnTheSamePort_succeedsEachTime(Transport transport) {
    run(
        transport,
        () ->
            restart(
                ServerOptions.DEFAULT,
                server -> {
                  server.close();
                  server.waitClosed();
                }));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void waitClosed_listenersOnEachLoopOfAGroup_freesThePort(Transport transport) {
    try (var group = new LoopGroup(2, transport)) {
      ServerOptions options = ServerOptions.DEFAULT.withGroup(group).withReusePort();
      run(
          transport,
          () -> {
            Server server = start(0, options);
            int port = server.localAddress().getPort();
            for (int i = 0; i < TIMES; i++) {
              server.close();
              server.waitClosed();
              offLoop(() -> bindElsewhere(port)); // without the option that lets sockets share it
              server = start(port, options);
            }
            TlsTest.end(server);
          });
    }
  }

  private static boolean bindElsewhere(int port) throws IOException {
    try (var other = new ServerSocket()) {
      other.bind(new InetSocketAddress(HOST, port));
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_thenConnect_isRefused(Transport transport) {
    run(
        transport,
        () -> {
          for (int i = 0; i < TIMES; i++) {
            Server server = start(0, ServerOptions.DEFAULT);
            InetSocketAddress address = server.localAddress();
            server.close();
            boolean refused = Tasks.onLoopThread(() -> isRefused(address)); // the loop is kept busy
            assertThat(refused).isTrue();
          }
        });
  }

  private static boolean isRefused(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address);
      return false;
    } catch (ConnectException refused) {
      return true;
    } catch (IOException other) {
      throw new AssertionError(other);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_thatFailsForOneAddress_freesTheOthers(Transport transport) throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral(OnNetty.ownAddress(2)))) {
      int port = taken.getLocalPort();
      run(
          transport,
          () -> {
            for (int i = 0; i < TIMES; i++) {
              assertThatThrownBy(() ->
                      Streams.startServer(
                          TlsTest::echo,
                          List.of(HOST, OnNetty.ownAddress(2)),
                          port,
                          ServerOptions.DEFAULT))
                  .isInstanceOf(IOException.class)
                  .hasMessageContaining(OnNetty.ownAddress(2));
              TlsTest.end(start(port, ServerOptions.DEFAULT));
            }
          });
    }
  }
}
