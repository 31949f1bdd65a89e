package io.loop.samples;

import static io.loop.samples.SocksClient.bytes;
import static io.loop.samples.SocksClient.connect;
import static io.loop.samples.SocksClient.login;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers that break the rules; another client must not notice.
@Tag("slow")
class SocksHostileTest {

  private static final long FAR_TOO_MUCH = 100_000_000;
  private static final int MOST = 300;

  private static Program proxy;
  private static int port;

  private ServerSocketChannel target;

  @BeforeAll
  static void start() throws IOException {
    proxy =
        Program.start(
            SocksTest.FLAGS,
            "socks",
            "--port",
            "0",
            "--max-connections",
            Integer.toString(MOST),
            "--handshake-timeout",
            "2");
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
    target = ServerSocketChannel.open();
    target.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 500);
  }

  @AfterEach
  void assertStillServes() throws IOException {
    try (var fresh = ServerSocketChannel.open()) {
      fresh.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (var other = SocksClient.tunnel(port, fresh.socket().getLocalPort());
          SocketChannel accepted = fresh.accept()) {
        other.send(new byte[] {7});
        assertThat(accepted.socket().getInputStream().read()).isEqualTo(7);
      }
    }
    target.close();
  }

  private int targetPort() {
    return target.socket().getLocalPort();
  }

  private Socket accept() throws IOException {
    return target.accept().socket();
  }

  @Test
  void oneByteAtATime_isServed() throws IOException {
    try (var slow = new SocksClient(port)) {
      for (byte each : bytes(SocksClient.NO_AUTH, connect("localhost", targetPort()), "hi")) {
        slow.send(new byte[] {each});
      }
      assertThat(slow.readMethod()).isZero();
      assertThat(slow.readStatus()).isZero();
      try (Socket accepted = accept()) {
        assertThat(accepted.getInputStream().readNBytes(2)).asString(US_ASCII).isEqualTo("hi");
      }
    }
  }

  @Test
  void allAtOnce_isServedInOrder() throws IOException {
    try (var hasty = new SocksClient(port)) {
      hasty.send(bytes(SocksClient.NO_AUTH, connect(targetPort()), "early data"));
      hasty.endOutput();

      assertThat(hasty.readMethod()).isZero();
      assertThat(hasty.readStatus()).isZero();
      try (Socket accepted = accept()) {
        assertThat(accepted.getInputStream().readAllBytes())
            .asString(US_ASCII)
            .isEqualTo("early data");
      }
      assertThat(hasty.read()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "474554202f20485454502f312e310d0a0d0a", // GET / HTTP/1.1
        "040100507f00000100", // SOCKS 4
        "1603010200010001fc0303", // TLS
        "0500", // no methods
        "050102", // a login, which nobody asked for
        "05ff01", // half the methods
        "050100040100017f0000010050", // another version
        "050100050100097f0000010050", // an unknown kind of address
        "05010005010003ff61" // half a name
      })
  void brokenHandshake_isTheEnd(String hex) throws IOException {
    try (var broken = new SocksClient(port)) {
      broken.send(HexFormat.of().parseHex(hex.replace(" ", "")));
      broken.endOutput();

      assertThat(broken.readAll().length).isLessThanOrEqualTo(12); // a method, a status
    }
  }

  @Test
  void halfAHandshake_endsInTime() throws IOException {
    try (var silent = new SocksClient(port);
        var half = new SocksClient(port)) {
      half.send(bytes(SocksClient.NO_AUTH, 5, 1));

      assertThat(silent.read()).isEqualTo(-1);
      assertThat(half.readMethod()).isZero();
      assertThat(half.read()).isEqualTo(-1);
    }
  }

  @Test
  void wrongLogins_areRefused() throws Exception {
    try (var guarded =
        Program.start(SocksTest.FLAGS, "socks", "--port", "0", "--user", "alice:open:sesame")) {
      int door = guarded.readPort();
      byte[] way = connect(targetPort());
      assertThat(answerTo(door, SocksClient.PASSWORD, login("alice", "open"), way))
          .isEqualTo("5 2 1 255");
      assertThat(answerTo(door, SocksClient.PASSWORD, login("alice", "open:sesamf"), way))
          .isEqualTo("5 2 1 255");
      assertThat(answerTo(door, SocksClient.PASSWORD, login("bob", "open:sesame"), way))
          .isEqualTo("5 2 1 255");
      assertThat(answerTo(door, SocksClient.PASSWORD, login("", ""), way)).isEqualTo("5 2 1 255");
      assertThat(answerTo(door, SocksClient.PASSWORD, way)).isEqualTo("5 2");
      assertThat(answerTo(door, SocksClient.NO_AUTH, way)).isEqualTo("5 255");

      try (var client = new SocksClient(door)) {
        client.send(bytes(SocksClient.PASSWORD, login("alice", "open:sesame"), way));
        assertThat(client.readMethod()).isEqualTo(2);
        assertThat(client.readLogin()).isZero();
        assertThat(client.readStatus()).isZero();
      }
      guarded.terminate();
      assertThat(guarded.exitCode()).isZero();
      assertThat(guarded.errors()).isEmpty();
    }
  }

  private static String answerTo(int door, byte[]... parts) throws IOException {
    try (var client = new SocksClient(door)) {
      client.send(bytes((Object[]) parts));
      client.endOutput();
      var answer = new StringJoiner(" ");
      for (byte each : client.readAll()) {
        answer.add(Integer.toString(each & 0xff));
      }
      return answer.toString();
    }
  }

  @Test
  void clientThatNeverReads_slowsItsTargetOnly() throws Exception {
    try (var deaf = SocksClient.tunnel(port, targetPort());
        Socket accepted = accept()) {
      assertThat(writeUntilStuck(accepted.getChannel())).isLessThan(FAR_TOO_MUCH);

      deaf.reset();
    }
  }

  @Test
  void targetThatNeverReads_slowsItsClientOnly() throws Exception {
    try (var fast = SocksClient.tunnel(port, targetPort());
        Socket deaf = accept()) {
      assertThat(writeUntilStuck(fast.socket().getChannel())).isLessThan(FAR_TOO_MUCH);

      deaf.setSoLinger(true, 0);
    }
  }

  static SocketChannel open(int port) throws IOException {
    return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /// {@return how many bytes were taken until nothing was for a second}
  static long writeUntilStuck(SocketChannel channel) throws Exception {
    channel.configureBlocking(false);
    var block = ByteBuffer.allocate(65_536);
    long taken = 0;
    for (int stuck = 0; stuck < 100 && taken < FAR_TOO_MUCH; ) {
      int some = channel.write(block.clear());
      taken += some;
      if (some == 0) {
        stuck++;
        Thread.sleep(10);
      } else {
        stuck = 0;
      }
    }
    return taken;
  }

  @Test
  void resetsInTheMiddle_areNoFault() throws IOException {
    byte[] all = bytes(SocksClient.NO_AUTH, connect(targetPort()), "x".repeat(1000));
    for (int i = 0; i < 100; i++) {
      var gone = new SocksClient(port);
      gone.send(Arrays.copyOf(all, 1 + i * all.length / 100));
      gone.reset();
    }
    try (var other = new SocksClient(port)) {
      other.send(bytes(SocksClient.NO_AUTH, connect(targetPort())));
      assertThat(other.readMethod()).isZero();
      assertThat(other.readStatus()).isZero();
    }
  }

  @Test
  void manyAtOnce_areServed_andMoreAreRefused() throws Exception {
    List<SocksClient> clients = new ArrayList<>();
    Thread echo = Thread.startVirtualThread(this::answerAll);
    try {
      for (int i = 0; i < MOST; i++) {
        var client = new SocksClient(port);
        clients.add(client);
        client.send(bytes(SocksClient.NO_AUTH, connect(targetPort())));
      }
      try (var tooMany = new SocksClient(port)) {
        tooMany.send(SocksClient.NO_AUTH);
        assertThatThrownBy(tooMany::readMethod).isInstanceOf(IOException.class);
      }
      for (SocksClient client : clients) {
        assertThat(client.readMethod()).isZero();
        assertThat(client.readStatus()).isZero();
        assertThat(client.readText(5)).isEqualTo("hello");
      }
    } finally {
      for (SocksClient client : clients) {
        client.close();
      }
      target.close();
      echo.join();
    }
    awaitPlace();
  }

  /// The tunnels of the others end a moment after their clients.
  private static void awaitPlace() throws Exception {
    for (int tries = 0; !hasPlace(); tries++) {
      assertThat(tries).isLessThan(100);
      Thread.sleep(100);
    }
  }

  private static boolean hasPlace() {
    try (var client = new SocksClient(port)) {
      client.send(SocksClient.NO_AUTH);
      return client.readMethod() == 0;
    } catch (IOException refused) {
      return false;
    }
  }

  private void answerAll() {
    try {
      for (; ; ) {
        try (Socket accepted = accept()) {
          accepted.getOutputStream().write("hello".getBytes(US_ASCII));
        }
      }
    } catch (IOException closed) {
      // the test is over
    }
  }
}
