package io.loop.netty.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.OnNetty;
import io.loop.netty.datagram.Datagram;
import io.loop.netty.datagram.DatagramEndpoint;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.transport.Transport;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Addresses that mean something on one network interface only: `fe80::1%eth0`.
///
/// In a network namespace of a child's own where one can be made, else on the interfaces there are.
class LinkLocalTest extends OnNetty {

  private static final String ADDRESS = "fe80::1";
  private static final String SET_UP =
      "ip link set lo up && ip -6 address add " + ADDRESS + "/64 dev lo nodad";

  @TempDir private Path directory;

  static Stream<Arguments> places() throws IOException, InterruptedException {
    if (canMakeNamespaces()) {
      return transports().map(transport -> Arguments.of(transport, ""));
    }
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet6Address six && six.isLinkLocalAddress())
        .flatMap(address ->
            transports().map(transport -> Arguments.of(transport, address.getHostAddress())));
  }

  private static boolean canMakeNamespaces() throws InterruptedException {
    try {
      return inNamespace(SET_UP).start().waitFor() == 0;
    } catch (IOException noSuchProgram) {
      return false;
    }
  }

  private static ProcessBuilder inNamespace(String commands, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "--user", "--map-root-user", "--net", "sh", "-c", commands, "sh"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("places")
  void linkLocalAddress_withItsScope_isReachedByStreamsAndPackets(
      Transport transport, String address) throws Exception {
    if (!address.isEmpty()) {
      talk(transport, address);
      return;
    }
    Path output = directory.resolve("output");
    Process child =
        inNamespace(
                SET_UP + " && exec \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
                "-cp",
                System.getProperty("java.class.path"),
                Talk.class.getName(),
                transport.name(),
                ADDRESS + "%lo")
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).as(() -> textOf(output)).isZero();
    } finally {
      child.destroyForcibly();
    }
  }

  private static String textOf(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException fault) {
      return fault.toString();
    }
  }

  /// What a child in a network namespace runs.
  static final class Talk {

    private Talk() {}

    public static void main(String... arguments) {
      talk(Transport.valueOf(arguments[0]), arguments[1]);
    }
  }

  private static void talk(Transport transport, String address) {
    run(
        transport,
        () -> {
          streams(address);
          packets(address);
          assertThatThrownBy(() -> Streams.openConnection("fe80::1%nowhere", 1))
              .isInstanceOf(UnknownHostException.class)
              .hasMessageContaining("fe80::1%nowhere");
        });
  }

  private static int scopeOf(Object address) {
    return ((Inet6Address) ((InetSocketAddress) address).getAddress()).getScopeId();
  }

  private static void streams(String address) throws IOException {
    List<Object> peers = new ArrayList<>();
    Server server =
        Streams.startServer(
            (reader, writer) -> {
              peers.add(writer.getExtraInfo("peername"));
              TlsTest.echo(reader, writer);
            },
            address,
            0);
    int scope = scopeOf(server.localAddress());
    assertThat(scope).isPositive();
    StreamConnection connection =
        Streams.openConnection(
            address,
            server.localAddress().getPort(),
            ConnectionOptions.DEFAULT.withLocalAddress(
                new InetSocketAddress(InetAddress.ofLiteral(address), 0)));

    connection.writer().write(TlsTest.ascii("hello\n"));
    assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
    for (String end : List.of("peername", "sockname")) {
      assertThat(scopeOf(connection.writer().getExtraInfo(end))).isEqualTo(scope);
    }
    assertThat(peers).isEqualTo(List.of(connection.writer().getExtraInfo("sockname")));
    assertThat(scopeOf(peers.getFirst())).isEqualTo(scope);
    connection.close();
    assertThat(scopeOf(connection.writer().getExtraInfo("peername"))).isEqualTo(scope);
    TlsTest.end(server, connection);
  }

  private static void packets(String address) throws IOException {
    DatagramEndpoint server =
        Datagrams.createDatagramEndpoint(InetSocketAddress.createUnresolved(address, 0), null);
    int scope = scopeOf(server.localAddress());
    assertThat(scope).isPositive();
    int port = server.localAddress().getPort();
    DatagramEndpoint free =
        Datagrams.createDatagramEndpoint(
            new InetSocketAddress(InetAddress.ofLiteral(address), 0), null);
    DatagramEndpoint connected =
        Datagrams.createDatagramEndpoint(null, InetSocketAddress.createUnresolved(address, port));

    connected.send(TlsTest.ascii("x"));
    answer(server, "x", scope);
    assertThat(new String(connected.receive().data(), US_ASCII)).isEqualTo("x");
    for (String sent : List.of("y", "")) {
      free.send(TlsTest.ascii(sent), new InetSocketAddress(InetAddress.ofLiteral(address), port));
      answer(server, sent, scope);
      Datagram back = free.receive();
      assertThat(new String(back.data(), US_ASCII)).isEqualTo(sent);
      assertThat(scopeOf(back.sender())).isEqualTo(scope);
    }
    for (DatagramEndpoint each : List.of(server, free, connected)) {
      each.close();
      each.waitClosed();
    }
  }

  private static void answer(DatagramEndpoint server, String text, int scope) throws IOException {
    Datagram got = server.receive();
    assertThat(new String(got.data(), US_ASCII)).isEqualTo(text);
    assertThat(scopeOf(got.sender())).isEqualTo(scope);
    server.send(got.data(), got.sender());
  }
}
