package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers with several addresses, and connections to hosts that have several.
class ServerAddressesTest extends OnNetty {

  private static final String LOCAL = OnNetty.ownAddress(1);
  private static final String OTHER = OnNetty.ownAddress(2);
  private static final InetAddress NOT_OURS = InetAddress.ofLiteral("192.0.2.1");

  private static void hello(StreamConnection connection) throws IOException {
    connection.writer().write(TlsTest.ascii("hello\n"));
    assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
    connection.close();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_severalHosts_listensOnEachOnce(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo, List.of(LOCAL, OTHER, LOCAL), 0, ServerOptions.DEFAULT);

          assertThat(server.sockets()).hasSize(2);
          assertThat(server.getLoop()).isSameAs(Loop.running());
          for (SocketAddress each : server.sockets()) {
            var address = (InetSocketAddress) each;
            hello(Streams.openConnection(address.getHostString(), address.getPort()));
          }
          server.close();
          assertThat(server.sockets()).isEmpty();
          assertThat(server.isServing()).isFalse();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_oneAddressIsTaken_leavesNothingBound(Transport transport) throws Exception {
    try (var taken = takenOnOtherOnly()) {
      int port = taken.getLocalPort();
      run(
          transport,
          () -> {
            assertThatThrownBy(() ->
                    Streams.startServer(
                        TlsTest::echo, List.of(LOCAL, OTHER), port, ServerOptions.DEFAULT))
                .isInstanceOf(BindException.class)
                .hasMessageContaining(OTHER);

            Asyncio.sleep(Duration.ofMillis(1));
            Server server = Streams.startServer(TlsTest::echo, LOCAL, port); // it is free
            TlsTest.end(server);
          });
    }
  }

  /// A port that is taken on one of our addresses and free on the other.
  private static ServerSocket takenOnOtherOnly() throws IOException {
    for (int tries = 0; tries < 100; tries++) {
      var taken = new ServerSocket(0, 1, InetAddress.ofLiteral(OTHER));
      try {
        new ServerSocket(taken.getLocalPort(), 1, InetAddress.ofLiteral(LOCAL)).close();
        return taken;
      } catch (BindException takenThereToo) {
        taken.close();
      }
    }
    throw new IOException("no port is free on both addresses");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void port_outOfRange_isRefusedBeforeAnythingIsBegun(Transport transport) {
    run(
        transport,
        () -> {
          for (int port : List.of(-1, 65_536, 70_000)) {
            List<ThrowingCallable> uses =
                List.of(
                    () -> Streams.startServer(TlsTest::echo, LOCAL, port),
                    () ->
                        Streams.startServer(
                            TlsTest::echo, List.of(LOCAL, OTHER), port, ServerOptions.DEFAULT),
                    () -> Streams.openConnection(LOCAL, port),
                    () -> Streams.openConnection("localhost", port),
                    () -> Streams.openConnection("no.such.host.invalid", port),
                    () ->
                        Datagrams.createDatagramEndpoint(new InetSocketAddress(LOCAL, port), null));

            for (ThrowingCallable use : uses) {
              assertThatThrownBy(use)
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContainingAll("range", String.valueOf(port));
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_addressOfAnotherMachine_isLeftOutUnlessItIsTheOnlyOne(Transport transport) {
    run(
        transport,
        () -> {
          String foreign = NOT_OURS.getHostAddress();
          Server server =
              Streams.startServer(TlsTest::echo, List.of(foreign, LOCAL), 0, ServerOptions.DEFAULT);
          assertThat(server.sockets()).hasSize(1);
          TlsTest.end(server);

          assertThatThrownBy(() -> Streams.startServer(TlsTest::echo, foreign, 0))
              .isInstanceOf(BindException.class)
              .hasMessageContaining(foreign);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServing_later_servesThoseWhoWait(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withoutServing());
          StreamConnection connection =
              Streams.openConnection(LOCAL, server.localAddress().getPort());
          connection.writer().write(TlsTest.ascii("hello\n"));
          polls(10);
          assertThat(server.isServing()).isFalse();
          assertThat(server.connectionCount()).isZero();

          server.startServing();
          server.startServing(); // again does nothing

          assertThat(server.isServing()).isTrue();
          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, connection);
          server.startServing();
          assertThat(server.isServing()).isFalse();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_firstAddressIsDead_takesTheNext(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, OTHER, 0);
          int port = server.localAddress().getPort();
          for (ConnectionOptions options :
              List.of(
                  ConnectionOptions.DEFAULT,
                  ConnectionOptions.DEFAULT.withHappyEyeballs(Duration.ofMillis(5)))) {
            var opening = new StreamOpening(Loop.running(), options);

            hello(opening.finish(opening.connectAny(both(LOCAL, OTHER), port), OTHER, port));
          }
          TlsTest.end(server);
        });
  }

  private static List<InetAddress> both(String first, String second) {
    return List.of(InetAddress.ofLiteral(first), InetAddress.ofLiteral(second));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_everyAddressIsDead_namesThemAll(Transport transport) throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.ofLiteral(LOCAL))) {
      port = free.getLocalPort();
    }
    run(
        transport,
        () ->
            assertThatThrownBy(() ->
                    new StreamOpening(Loop.running(), ConnectionOptions.DEFAULT)
                        .connectAny(both(LOCAL, OTHER), port))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Multiple exceptions: ")
                .hasMessageContainingAll(LOCAL, OTHER));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard37_severalAddressesAtOnce_leaveOneConnection(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(TlsTest::echo, List.of(LOCAL, OTHER), 0, ServerOptions.DEFAULT);
          Server same = Streams.startServer(TlsTest::echo, OTHER, server.localAddress().getPort());
          int port = server.localAddress().getPort();
          long before = sockets();
          for (int i = 0; i < 50; i++) {
            var opening =
                new StreamOpening(
                    Loop.running(), ConnectionOptions.DEFAULT.withHappyEyeballs(Duration.ZERO));

            hello(opening.finish(opening.connectAny(both(LOCAL, OTHER), port), LOCAL, port));
          }

          assertSettles(before);
          TlsTest.end(server);
          TlsTest.end(same);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void hazard37_cancelledConnect_closesTheLateChannel(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          int port = server.localAddress().getPort();
          hello(Streams.openConnection(LOCAL, port));
          long before = sockets();
          for (int i = 0; i < 60; i++) {
            Task<StreamConnection> opening =
                Asyncio.createTask(() -> Streams.openConnection(LOCAL, port));
            for (int ticks = 0; ticks < i % 4; ticks++) {
              Asyncio.sleep(Duration.ZERO);
            }

            opening.cancel();

            try {
              opening.await().close();
            } catch (CancelledError expected) {
              assertThat(opening.isCancelled()).isTrue();
            }
          }

          assertSettles(before);
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connect_attemptsCancelledByOthers_isCancelledToo(Transport transport) {
    run(
        transport,
        () -> {
          var opening = new StreamOpening(Loop.running(), ConnectionOptions.DEFAULT);
          List<InetAddress> addresses =
              List.of(InetAddress.ofLiteral(LOCAL), InetAddress.ofLiteral(OTHER));
          List<Task<?>> before = Task.all();
          Loop.running()
              .callSoon(() ->
                  Task.all().stream()
                      .filter(task -> !before.contains(task))
                      .forEach(LoopFuture::cancel));

          assertThatThrownBy(() -> opening.connectAny(addresses, 1))
              .isInstanceOf(CancelledError.class);
        });
  }

  /// Waits until no more sockets are open than before; of a handful the loop may be late.
  private static void assertSettles(long before) throws IOException {
    while (sockets() > before) {
      Asyncio.sleep(Duration.ofMillis(1));
    }
  }

  /// Not all descriptors: the JVM opens files whenever it loads a class from another jar.
  private static long sockets() throws IOException {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(ServerAddressesTest::isSocket).count();
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException gone) {
      return false;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void localAddress_given_isWhatThePeerSees(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) ->
                      writer.write(
                          TlsTest.ascii(
                              ((InetSocketAddress) writer.getExtraInfo("peername"))
                                  .getAddress()
                                  .getHostAddress())),
                  LOCAL,
                  0);
          StreamConnection connection =
              Streams.openConnection(
                  LOCAL,
                  server.localAddress().getPort(),
                  ConnectionOptions.DEFAULT.withLocalAddress(new InetSocketAddress(OTHER, 0)));

          assertThat(connection.reader().read()).asString().isEqualTo(OTHER);
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void halfClose_bothWaysInBothOrders_losesNothing(Transport transport) {
    byte[] data = TlsTest.randomBytes(300_000);
    List<Integer> read = new ArrayList<>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    writer.write(data);
                    writer.writeEof(); // first, while the peer still sends
                    read.add(reader.read().length);
                  },
                  LOCAL,
                  0);
          StreamConnection connection =
              Streams.openConnection(LOCAL, server.localAddress().getPort());

          assertThat(connection.reader().read()).isEqualTo(data);
          connection.writer().write(data);
          connection.writer().writeEof();
          TlsTest.end(server, connection); // when the server's body has read it all and ended
          assertThat(read).containsExactly(data.length);
        });
  }
}
