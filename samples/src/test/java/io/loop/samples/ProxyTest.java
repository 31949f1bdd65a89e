package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// The proxy in front of two servers, with peers that behave and peers that do not.
@Tag("slow")
class ProxyTest {

  private static final int MEBIBYTE = 1 << 20;
  private static final int CROWD = 200;

  private ServerSocket one;
  private ServerSocket two;

  @BeforeEach
  void listen() throws IOException {
    one = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    two = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    one.close();
    two.close();
  }

  /// A proxy in front of both, on a free port; they are not checked again after the first time.
  private Program proxy(String... options) {
    return proxy(0, 600_000, options);
  }

  private Program proxy(int port, int checkMillis, String... options) {
    List<String> all =
        new ArrayList<>(List.of("proxy", "--backend", at(one), "--backend", at(two)));
    all.addAll(List.of("--port", Integer.toString(port)));
    all.addAll(List.of("--check-interval", Integer.toString(checkMillis)));
    all.addAll(List.of(options));
    return Program.start(SocksTest.FLAGS, all.toArray(String[]::new));
  }

  private static String at(ServerSocket backend) {
    return "127.0.0.1:" + backend.getLocalPort();
  }

  private static Socket connect(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  /// Takes the connections that are only checks.
  private void takeChecks() throws IOException {
    for (ServerSocket backend : List.of(one, two)) {
      try (Socket check = backend.accept()) {
        assertThat(check.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  private static void assertEnds(Program proxy) throws Exception {
    proxy.terminate();
    assertThat(proxy.exitCode()).isZero();
    assertThat(proxy.errors()).doesNotContain("\tat ");
  }

  @Test
  void connections_goToBothServers_andEachDirectionEndsAlone() throws Exception {
    byte[] upload = SocksTest.noise(4 * MEBIBYTE);
    byte[] download = SocksTest.noise(5 * MEBIBYTE);
    try (var proxy = proxy()) {
      int port = proxy.readPort();
      takeChecks();
      try (Socket first = connect(port);
          Socket second = connect(port);
          Socket atOne = one.accept();
          Socket atTwo = two.accept()) {
        atOne.getOutputStream().write(1);
        atTwo.getOutputStream().write(2);
        int server = first.getInputStream().read();
        assertThat(second.getInputStream().read()).isEqualTo(3 - server);
        Socket other = server == 1 ? first : second;

        Thread sender = Thread.startVirtualThread(() -> send(other, upload));
        assertThat(atOne.getInputStream().readAllBytes()).isEqualTo(upload);
        sender.join();
        Thread answer = Thread.startVirtualThread(() -> send(atOne, download));
        assertThat(other.getInputStream().readAllBytes()).isEqualTo(download);
        answer.join();
      }
      assertEnds(proxy);
    }
  }

  @Test
  void serverThatIsDown_isPassedOver_andComesBack() throws Exception {
    int lost = two.getLocalPort();
    two.close();
    try (var proxy = proxy(0, 50)) {
      int port = proxy.readPort();
      Thread echo = Thread.startVirtualThread(() -> echo(one));
      for (int i = 0; i < 10; i++) {
        assertThat(ping(port)).isEqualTo(7);
      }
      two = new ServerSocket(lost, 500, InetAddress.getLoopbackAddress());

      two.accept().close(); // a check
      one.close();
      echo.join(); // only then is it closed: until the JDK has woken this thread, peers may connect
      Thread last = Thread.startVirtualThread(() -> echo(two));
      assertThat(ping(port)).isEqualTo(7);
      two.close();
      last.join();

      proxy.terminate();
      assertThat(proxy.exitCode()).isZero();
      assertThat(proxy.errors()).contains(lost + " is down: ", lost + " is up");
    }
  }

  private static int ping(int port) throws IOException {
    try (Socket socket = connect(port)) {
      socket.getOutputStream().write(7);
      return socket.getInputStream().read();
    }
  }

  private static void echo(ServerSocket backend) {
    try {
      for (; ; ) {
        Socket accepted = backend.accept();
        Thread.startVirtualThread(() -> echo(accepted));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException lost) {
      // the peer is hostile
    }
  }

  @Test
  void header_isPassedOn() throws Exception {
    try (var proxy = proxy("--proxy-protocol", "127.0.0.0/8", "--send-proxy", "1")) {
      int port = proxy.readPort();
      for (ServerSocket backend : List.of(one, two)) {
        try (Socket check = backend.accept()) {
          assertThat(check.getInputStream().readAllBytes())
              .asString(US_ASCII)
              .isEqualTo("PROXY UNKNOWN\r\n");
        }
      }
      try (Socket client = connect(port)) {
        String header = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
        for (byte each : (header + "hi").getBytes(US_ASCII)) { // one byte at a time
          client.getOutputStream().write(each);
        }
        client.shutdownOutput();

        try (Socket accepted = one.accept()) { // the first of the rotation
          assertThat(accepted.getInputStream().readAllBytes())
              .asString(US_ASCII)
              .isEqualTo(header + "hi");
        }
      }
      try (Socket liar = connect(port)) {
        liar.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        assertThatThrownBy(
                () -> {
                  if (liar.getInputStream().read() < 0) {
                    throw new SocketException("closed");
                  }
                })
            .isInstanceOf(SocketException.class);
      }
      assertEnds(proxy);
    }
  }

  @Test
  void resets_arePassedOn() throws Exception {
    try (var proxy = proxy()) {
      int port = proxy.readPort();
      takeChecks();
      try (Socket client = connect(port)) {
        Socket accepted = one.accept();
        client.getOutputStream().write(1);
        assertThat(accepted.getInputStream().read())
            .isEqualTo(1); // or the proxy would try the other
        accepted.setSoLinger(true, 0);
        accepted.close();
        assertThatThrownBy(() -> client.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
      Socket client = connect(port);
      try (Socket accepted = two.accept()) {
        client.setSoLinger(true, 0);
        client.close();
        assertThatThrownBy(() -> accepted.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
      assertEnds(proxy);
    }
  }

  @Test
  void noServer_resetsTheClient() throws Exception {
    one.close();
    two.close();
    try (var proxy = proxy()) {
      try (Socket client = connect(proxy.readPort())) {
        assertThatThrownBy(() -> client.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
      assertEnds(proxy);
    }
  }

  @Test
  void nextVersion_listensBesideThisOne_andThisOneFinishes() throws Exception {
    assumeTrue(System.getProperty("os.name").equals("Linux"));
    try (var old = proxy("--reuse-port")) {
      int port = old.readPort();
      takeChecks();
      try (Socket client = connect(port);
          Socket accepted = one.accept()) {
        client.getOutputStream().write("one ".getBytes(US_ASCII));
        try (var next = proxy(port, 600_000, "--reuse-port")) {
          assertThat(next.readPort()).isEqualTo(port);
          takeChecks();
          Thread echo = Thread.startVirtualThread(() -> echo(one));
          Thread other = Thread.startVirtualThread(() -> echo(two));

          old.terminate();
          Thread.sleep(100); // longer than a server looks for what has arrived
          client.getOutputStream().write("two".getBytes(US_ASCII));
          client.shutdownOutput();
          assertThat(accepted.getInputStream().readAllBytes())
              .asString(US_ASCII)
              .isEqualTo("one two");
          accepted.getOutputStream().write("three".getBytes(US_ASCII));
          accepted.shutdownOutput();
          assertThat(client.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo("three");
          assertThat(old.exitCode()).isZero();
          assertThat(old.errors()).isEmpty();

          for (int i = 0; i < 20; i++) {
            assertThat(ping(port)).isEqualTo(7);
          }
          one.close();
          two.close();
          echo.join();
          other.join();
          assertEnds(next);
        }
      }
    }
  }

  @Test
  void endOfTheGracePeriod_resetsWhatIsLeft() throws Exception {
    try (var proxy = proxy("--grace", "1")) {
      int port = proxy.readPort();
      takeChecks();
      try (Socket client = connect(port);
          Socket accepted = one.accept()) {
        accepted.getOutputStream().write(7);
        assertThat(client.getInputStream().read()).isEqualTo(7);
        proxy.terminate();

        for (Socket side : List.of(client, accepted)) {
          assertThatThrownBy(() -> side.getInputStream().read())
              .isInstanceOf(SocketException.class)
              .hasMessageContaining("reset");
        }
        assertThat(proxy.exitCode()).isZero();
        assertThat(proxy.errors()).isEmpty();
      }
    }
  }

  @Test
  void hostilePeers_areBounded_andOthersAreServed() throws Exception {
    try (var proxy = proxy("--max-connections", Integer.toString(CROWD))) {
      int port = proxy.readPort();
      Thread first = Thread.startVirtualThread(() -> echo(one));
      Thread second = Thread.startVirtualThread(() -> echo(two));
      try (var deaf = SocksHostileTest.open(port)) {
        assertThat(SocksHostileTest.writeUntilStuck(deaf)).isLessThan(100_000_000);
        assertThat(ping(port)).isEqualTo(7);
      }
      List<Socket> crowd = new ArrayList<>();
      for (int i = 0; i < CROWD / 2; i++) {
        Socket client = connect(port);
        client.getOutputStream().write(i);
        crowd.add(client);
      }
      for (int i = 0; i < crowd.size(); i++) {
        assertThat(crowd.get(i).getInputStream().read()).isEqualTo(i);
      }
      for (Socket client : crowd) {
        client.getOutputStream().write(new byte[1000]);
        client.setSoLinger(true, 0);
        client.close();
      }
      assertThat(ping(port)).isEqualTo(7);
      one.close();
      two.close();
      first.join();
      second.join();
      assertEnds(proxy);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--backend=nowhere, HOST:PORT",
    "--backend=a:70000, HOST:PORT",
    "--balance=least, Missing required option",
    "--backend=a:1 --send-proxy=3, --send-proxy must be 1 or 2",
    "--backend=a:1 --proxy-protocol=everyone, --proxy-protocol:",
    "--backend=a:1 --check-interval=0, --check-interval must be at least 1"
  })
  void wrongOptions_areRefused(String options, String reason) {
    String[] arguments = ("proxy --port 0 " + options).split(" ", -1);
    var err = new StringWriter();
    CommandLine line = Samples.commandLine(arguments);
    line.setErr(new PrintWriter(err));

    int code = line.execute(arguments);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains(reason);
  }
}
