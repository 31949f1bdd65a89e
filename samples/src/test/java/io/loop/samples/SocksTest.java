package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// The proxy with the JDK's own client, and with one that sees each answer.
@Tag("slow")
class SocksTest {

  static final List<String> FLAGS =
      List.of(
          "--add-opens",
          "java.base/java.lang=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED",
          "-Xmx128m");

  private static final int MEBIBYTE = 1 << 20;

  private static Program proxy;
  private static int port;

  private ServerSocket target;

  @BeforeAll
  static void start() throws IOException {
    proxy = Program.start(FLAGS, "socks", "--port", "0", "--connect-timeout", "1");
    port = proxy.readPort();
  }

  @AfterAll
  static void end() throws Exception {
    proxy.terminate();
    assertThat(proxy.exitCode()).isZero();
    assertThat(proxy.errors()).isEmpty();
    proxy.close();
  }

  @BeforeEach
  void listen() throws IOException {
    target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    target.close();
  }

  private static Socket throughProxy() {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return new Socket(new Proxy(Proxy.Type.SOCKS, address));
  }

  @Test
  void jdksClient_sendsAndReceives_andEachDirectionEndsAlone() throws Exception {
    byte[] upload = noise(8 * MEBIBYTE);
    byte[] download = noise(9 * MEBIBYTE);
    try (Socket client = throughProxy()) {
      client.connect(target.getLocalSocketAddress());
      try (Socket accepted = target.accept()) {
        Thread sender = Thread.startVirtualThread(() -> send(client, upload));
        assertThat(accepted.getInputStream().readAllBytes()).isEqualTo(upload);
        sender.join();

        Thread answer = Thread.startVirtualThread(() -> send(accepted, download));
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(download);
        answer.join();
      }
    }
  }

  @Test
  void targetThatEndsFirst_isStillSentTo() throws Exception {
    try (var client = SocksClient.tunnel(port, target.getLocalPort());
        Socket accepted = target.accept()) {
      accepted.getOutputStream().write("banner".getBytes(US_ASCII));
      accepted.shutdownOutput();
      assertThat(client.readAll()).asString(US_ASCII).isEqualTo("banner");

      client.send("answer".getBytes(US_ASCII));
      client.endOutput();

      assertThat(accepted.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo("answer");
    }
  }

  @Test
  void name_isLookedUpByTheProxy() throws Exception {
    try (Socket client = throughProxy()) {
      client.connect(InetSocketAddress.createUnresolved("localhost", target.getLocalPort()));

      assertPings(client, target);
    }
  }

  @Test
  void addressOfVersion6_isConnectedTo() throws Exception {
    try (var six = new ServerSocket()) {
      assumeTrue(isBound(six), "no IPv6 here");
      byte[] request =
          SocksClient.command(1, 4, NetUtil.LOCALHOST6.getAddress(), six.getLocalPort());

      assertTunnel(request, six);
    }
  }

  private static boolean isBound(ServerSocket socket) {
    try {
      socket.bind(new InetSocketAddress(NetUtil.LOCALHOST6, 0));
      return true;
    } catch (IOException none) {
      return false;
    }
  }

  @Test
  void mappedAddress_isConnectedTo() throws Exception {
    byte[] mapped = SocksClient.bytes(new byte[10], -1, -1, 127, 0, 0, 1);

    assertTunnel(SocksClient.command(1, 4, mapped, target.getLocalPort()), target);
  }

  private static void assertTunnel(byte[] request, ServerSocket wanted) throws IOException {
    try (var client = new SocksClient(port)) {
      client.send(SocksClient.NO_AUTH);
      assertThat(client.readMethod()).isZero();
      client.send(request);
      assertThat(client.readStatus()).isEqualTo(SocksClient.SUCCEEDED);
      assertPings(client.socket(), wanted);
    }
  }

  @ParameterizedTest
  @CsvSource({"2", "3", "9"})
  void otherCommands_areNotSupported(int command) throws Exception {
    byte[] request = SocksClient.command(command, 1, new byte[] {127, 0, 0, 1}, 80);

    assertThat(statusOf(request)).isEqualTo(SocksClient.COMMAND_NOT_SUPPORTED);
  }

  @Test
  void nothingListens_isRefused() throws Exception {
    int free = target.getLocalPort();
    target.close();

    assertThat(statusOf(SocksClient.connect(free))).isEqualTo(SocksClient.CONNECTION_REFUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-such-host.invalid", "", " ", "?", "127.0.0.1.5.6"})
  void nameWithoutAnAddress_isUnreachable(String name) throws Exception {
    assertThat(statusOf(SocksClient.connect(name, 80)))
        .isIn(SocksClient.HOST_UNREACHABLE, SocksClient.TIMED_OUT);
  }

  @Test
  void nameThatIsNone_isRefused() throws Exception {
    assertThat(statusOf(SocksClient.connect("a..b", 80))).isEqualTo(SocksClient.GENERAL_FAILURE);
  }

  @Test
  void targetThatDoesNotAnswer_timesOut() throws Exception {
    List<SocketChannel> waiting = new ArrayList<>();
    try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 8; i++) { // the system drops further requests to connect
        var channel = SocketChannel.open();
        channel.configureBlocking(false);
        boolean _ = channel.connect(full.getLocalSocketAddress());
        waiting.add(channel);
      }

      int status = statusOf(SocksClient.connect(full.getLocalPort()));

      assertThat(status).isEqualTo(SocksClient.TIMED_OUT);
    } finally {
      for (SocketChannel channel : waiting) {
        channel.close();
      }
    }
  }

  @Test
  void resetOfTheTarget_isPassedOn() throws Exception {
    try (var client = SocksClient.tunnel(port, target.getLocalPort())) {
      Socket accepted = target.accept();
      accepted.setSoLinger(true, 0);
      accepted.close();

      assertThatThrownBy(client::read)
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void resetOfTheClient_isPassedOn() throws Exception {
    try (var client = SocksClient.tunnel(port, target.getLocalPort());
        Socket accepted = target.accept()) {
      client.reset();

      assertThatThrownBy(() -> accepted.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void shutdown_letsTunnelsFinish_andTakesNoMore() throws Exception {
    try (var ending = Program.start(FLAGS, "socks", "--port", "0", "--grace", "20")) {
      int last = ending.readPort();
      try (var idle = new SocksClient(last);
          var client = SocksClient.tunnel(last, target.getLocalPort());
          Socket accepted = target.accept()) {
        client.send("one ".getBytes(US_ASCII));
        ending.terminate();
        assertThat(idle.read()).isEqualTo(-1); // it is being shut down

        Thread.sleep(100); // longer than a server looks for what has arrived
        client.send("two".getBytes(US_ASCII));
        client.endOutput();
        assertThat(accepted.getInputStream().readAllBytes())
            .asString(US_ASCII)
            .isEqualTo("one two");
        assertThatThrownBy(() -> new SocksClient(last)).isInstanceOf(IOException.class);
        accepted.getOutputStream().write("three".getBytes(US_ASCII));
        accepted.shutdownOutput();

        assertThat(client.readAll()).asString(US_ASCII).isEqualTo("three");
        assertThat(ending.exitCode()).isZero();
        assertThat(ending.errors()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, needs --user",
    "'', needs --user",
    "example.org, needs --user",
    "127.0.0.1 --user=alice, NAME:PASSWORD",
    "127.0.0.1 --user=alice:, NAME:PASSWORD",
    "127.0.0.1 --user=älice:x, NAME:PASSWORD",
    "127.0.0.1 --connect-timeout=0, --connect-timeout must be at least 1"
  })
  void dangerousOrWrongOptions_areRefused(String options, String reason) {
    String[] arguments = ("socks --port 0 --host=" + options).split(" ", -1);
    var err = new StringWriter();
    CommandLine line = Samples.commandLine(arguments);
    line.setErr(new PrintWriter(err));

    int code = line.execute(arguments);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains(reason);
  }

  private static int statusOf(byte[] request) throws IOException {
    try (var client = new SocksClient(port)) {
      client.send(SocksClient.NO_AUTH);
      assertThat(client.readMethod()).isZero();
      client.send(request);
      int status = client.readStatus();
      assertThat(client.read()).isEqualTo(-1);
      return status;
    }
  }

  private static void assertPings(Socket client, ServerSocket wanted) throws IOException {
    try (Socket accepted = wanted.accept()) {
      client.getOutputStream().write(7);
      assertThat(accepted.getInputStream().read()).isEqualTo(7);
      accepted.getOutputStream().write(8);
      assertThat(client.getInputStream().read()).isEqualTo(8);
    }
  }

  static byte[] noise(int length) {
    var bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }
}
