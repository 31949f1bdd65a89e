package io.loop.netty.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.LoopGroup;
import io.loop.netty.OnNetty;
import io.loop.netty.datagram.Datagram;
import io.loop.netty.datagram.DatagramEndpoint;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// An address has the family it is written in: on every transport, on machines with IPv6.
class AddressFamiliesTest extends OnNetty {

  private static final String FOUR = "127.0.0.1";
  private static final String SIX = "::1";
  private static final int PORTS = 8; // to try

  /// Not skipped elsewhere: that would be a warning in the build.
  static Stream<Transport> transportsWithIpv6() {
    return hasIpv6() ? transports() : Stream.of();
  }

  private static boolean hasIpv6() {
    try (var _ = new ServerSocket(0, 1, InetAddress.ofLiteral(SIX))) {
      return true;
    } catch (IOException without) {
      return false;
    }
  }

  private static InetSocketAddress address(String literal, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
  }

  private static Server serve(List<String> hosts, int port) throws IOException {
    return Streams.startServer(TlsTest::echo, hosts, port, ServerOptions.DEFAULT);
  }

  /// Keeps the port of a server from other processes in the other family: one of them could answer
  /// in the server's place. This fails if one has it, and also if the server's socket has it in
  /// both families.
  ///
  /// @return a socket that does not listen; null if the port is in use
  private static @Nullable Socket reserve(String other, Server server) throws IOException {
    var socket = new Socket();
    try {
      socket.bind(address(other, server.localAddress().getPort()));
      return socket;
    } catch (BindException taken) {
      socket.close();
      return null;
    }
  }

  /// Serves a family of addresses at a port that is reserved in the other family, if it can be.
  private static void serveAlone(String wildcard, String other, ServerCheck check)
      throws IOException {
    Server server = serve(List.of(wildcard), 0);
    Socket reserved = reserve(other, server);
    for (int tries = 1; reserved == null && tries < PORTS; tries++) {
      TlsTest.end(server);
      server = serve(List.of(wildcard), 0);
      reserved = reserve(other, server);
    }
    try (var _ = reserved) {
      check.of(server);
    }
    TlsTest.end(server);
  }

  private interface ServerCheck {
    void of(Server server) throws IOException;
  }

  /// {@return whether a server answers at an address}
  private static boolean isServed(String host, Server server) {
    int port = server.localAddress().getPort();
    return offLoop(() -> {
      try (var socket = new Socket()) {
        socket.connect(address(host, port), (int) PATIENCE.toMillis());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write("hello\n".getBytes(US_ASCII));
        String line =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
        return "hello".equals(line);
      } catch (SocketException refused) {
        return false;
      }
    });
  }

  private static void hello(String host, int port) throws IOException {
    StreamConnection connection = Streams.openConnection(host, port);
    connection.writer().write(TlsTest.ascii("hello\n"));
    assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
    connection.close();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void startServer_onEveryIpv4Address_servesNoIpv6Peer(Transport transport) {
    run(
        transport,
        () -> {
          serveAlone(
              "0.0.0.0",
              SIX,
              server -> {
                assertThat(server.localAddress().getAddress())
                    .isEqualTo(InetAddress.ofLiteral("0.0.0.0"));
                assertThat(isServed(FOUR, server)).isTrue();
                assertThat(isServed(SIX, server)).isFalse();
                until(() -> server.connectionCount() == 0);
                assertThat(isServed(FOUR, server)).isTrue();
              });
        });
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void startServer_onEveryIpv6Address_servesNoIpv4Peer(Transport transport) {
    run(
        transport,
        () -> {
          serveAlone(
              "::",
              FOUR,
              server -> {
                assertThat(server.localAddress().getAddress())
                    .isEqualTo(InetAddress.ofLiteral("::"));
                assertThat(isServed(SIX, server)).isTrue();
                assertThat(isServed(FOUR, server)).isFalse();
                assertThat(isServed(SIX, server)).isTrue();
              });
        });
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void startServer_onEveryAddressOfBothFamilies_servesBothAtOnePort(Transport transport) {
    run(
        transport,
        () -> {
          for (List<String> hosts :
              List.of(List.of("0.0.0.0", "::"), List.of("::", "0.0.0.0"), List.of(""))) {
            Server server = serve(hosts, 0);
            int port = server.localAddress().getPort();

            assertThat(isServed(FOUR, server)).as(hosts + " IPv4").isTrue();
            assertThat(isServed(SIX, server)).as(hosts + " IPv6").isTrue();
            assertThat(server.sockets())
                .extracting(each -> ((InetSocketAddress) each).getPort())
                .containsOnly(port);
            assertThatThrownBy(() -> serve(hosts, port)).isInstanceOf(BindException.class);
            TlsTest.end(server);
          }
        });
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void startServer_onEachLoopOfAGroup_keepsToTheFamiliesToo(Transport transport) {
    try (var group = new LoopGroup(2, transport)) {
      ServerOptions options = ServerOptions.DEFAULT.withGroup(group).withReusePort();
      run(
          transport,
          () -> {
            for (String host : List.of("", "0.0.0.0", "::")) {
              Server server = Streams.startServer(TlsTest::echo, host, 0, options);

              for (int i = 0; i < 8; i++) { // the system spreads them over the two
                assertThat(isServed(FOUR, server)).as(host + " IPv4").isEqualTo(!host.equals("::"));
                assertThat(isServed(SIX, server))
                    .as(host + " IPv6")
                    .isEqualTo(!host.equals("0.0.0.0"));
              }
              TlsTest.end(server);
            }
          });
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void openConnection_eitherFamily_reachesTheServerOfThatFamily(Transport transport) {
    run(
        transport,
        () -> {
          Server four = serve(List.of("0.0.0.0"), 0);
          hello(FOUR, four.localAddress().getPort());
          hello("0.0.0.0", four.localAddress().getPort());
          TlsTest.end(four);
          Server six = serve(List.of("::"), 0);
          hello(SIX, six.localAddress().getPort());
          hello("::", six.localAddress().getPort());
          TlsTest.end(six);
        });
  }

  /// What a JVM without IPv6 runs.
  static final class WithoutIpv6 {

    private WithoutIpv6() {}

    public static void main(String... arguments) {
      for (Transport transport : Transport.available()) {
        run(transport, WithoutIpv6::listen);
      }
    }

    private static void listen() throws IOException {
      for (List<String> hosts : List.of(List.of(""), List.of("0.0.0.0", "::"))) {
        Server server = serve(hosts, 0);
        hello(FOUR, server.localAddress().getPort());
        hello("0.0.0.0", server.localAddress().getPort());
        TlsTest.end(server);
      }
      DatagramEndpoint four = endpoint(FOUR);
      four.send(TlsTest.ascii("self"), four.localAddress());
      assertThat(text(four.receive())).isEqualTo("self");
      end(four);
    }
  }

  @Test
  void startServer_jvmWithoutIpv6_listensOnWhatThereIs(@TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.net.preferIPv4Stack=true",
                "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
                "-cp",
                System.getProperty("java.class.path"),
                WithoutIpv6.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      child.destroyForcibly();
    }
  }

  private static DatagramEndpoint endpoint(String host) throws IOException {
    return Datagrams.createDatagramEndpoint(InetSocketAddress.createUnresolved(host, 0), null);
  }

  private static void end(DatagramEndpoint... endpoints) {
    for (DatagramEndpoint endpoint : endpoints) {
      endpoint.close();
      endpoint.waitClosed();
    }
  }

  private static String text(Datagram packet) {
    return new String(packet.data(), US_ASCII);
  }

  /// A packet for a port that nobody has is dropped; on loopback the next one does not overtake it.
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void datagrams_onEveryIpv4Address_areIpv4Only(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = endpoint("0.0.0.0");
          DatagramEndpoint four = endpoint(FOUR);
          DatagramEndpoint six = endpoint(SIX);
          int port = receiver.localAddress().getPort();

          six.send(TlsTest.ascii("six"), address(SIX, port));
          polls(5);
          four.send(TlsTest.ascii("four"), address(FOUR, port));

          assertThat(text(receiver.receive())).isEqualTo("four");
          assertThat(receiver.localAddress().getAddress())
              .isEqualTo(InetAddress.ofLiteral("0.0.0.0"));
          end(receiver, four, six);
        });
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void datagrams_onEveryIpv6Address_areOfBothFamiliesAsInAsyncio(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = endpoint("::");
          int port = receiver.localAddress().getPort();
          for (String host : List.of(FOUR, SIX)) {
            DatagramEndpoint sender = endpoint(host);
            for (String sent : List.of("x", "")) {
              sender.send(TlsTest.ascii(sent), address(host, port));

              Datagram got = receiver.receive();
              assertThat(text(got)).isEqualTo(sent);
              assertThat(got.sender()).isEqualTo(sender.localAddress());
              receiver.send(TlsTest.ascii("answer"), got.sender());
              assertThat(text(sender.receive())).isEqualTo("answer");
            }
            end(sender);
          }
          end(receiver);
        });
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("transportsWithIpv6")
  void datagrams_fromAnIpv4AddressToAnIpv6One_areReportedAndGoNowhere(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint four = endpoint(FOUR);
          for (String sent : List.of("x", "")) {
            four.send(TlsTest.ascii(sent), address(SIX, 9));
            until(() -> four.lastError() != null);
          }

          assertThat(four.lastError()).hasMessageContaining("IPv4");
          four.send(TlsTest.ascii("self"), four.localAddress());
          assertThat(text(four.receive())).isEqualTo("self");
          assertThatThrownBy(
                  () -> Datagrams.createDatagramEndpoint(address(FOUR, 0), address(SIX, 9)))
              .isInstanceOf(ConnectException.class)
              .hasMessageContaining("family");
          end(four);
        });
  }
}
