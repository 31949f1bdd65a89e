package io.loop.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The room of one process, with peers that behave and peers that do not.
@Tag("slow")
class ChatTest {

  private static final List<String> FLAGS =
      List.of(
          "--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");
  private static final int CROWD = 200;

  static Program chat(String... options) {
    return Program.start(
        FLAGS,
        Stream.concat(Stream.of("chat", "--port", "0"), Stream.of(options)).toArray(String[]::new));
  }

  /// A client that knows only lines, as `nc` does.
  static final class Client implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;

    Client(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(30_000);
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    }

    /// A client that is in the room.
    static Client named(int port, String name) throws IOException {
      var client = new Client(port);
      client.send(name + "\n");
      assertThat(client.read()).isEqualTo("* your name?");
      assertThat(client.read()).isEqualTo("* " + name + " joined");
      return client;
    }

    int port() {
      return socket.getPort();
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    String read() throws IOException {
      String line = in.readLine();
      return line == null ? "(end)" : line;
    }

    /// Reads up to a line that contains a text, or to the end.
    String readUntil(String text) throws IOException {
      for (String line = read(); ; line = read()) {
        if (line.contains(text) || line.startsWith("* you left") || line.equals("(end)")) {
          return line;
        }
      }
    }

    List<String> readAll() throws IOException {
      List<String> lines = new ArrayList<>();
      for (String line = read(); !line.equals("(end)"); line = read()) {
        lines.add(line);
      }
      return lines;
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void proxyProtocol_peersNeedAHeader() throws Exception {
    try (var server = chat("--proxy-protocol", "127.0.0.1/32")) {
      int port = server.readPort();
      try (var behind = new Client(port);
          var direct = new Client(port)) {
        behind.send("PROXY TCP4 192.0.2.7 192.0.2.1 50000 8007\r\n");
        direct.send("mallory\n");

        assertThat(behind.read()).isEqualTo("* your name?");
        assertThat(direct.read()).isEqualTo("(end)");
      }
    }
  }

  @Test
  void lines_ofOnePeer_reachAll() throws Exception {
    try (var server = chat()) {
      int port = server.readPort();
      try (var alice = Client.named(port, "alice");
          var bob = Client.named(port, "bob")) {
        assertThat(alice.read()).isEqualTo("* bob joined");

        bob.send("hello\r\n\n  \nwörld \u001b[31m\n/who\n/quit\n");

        for (Client client : List.of(alice, bob)) {
          assertThat(client.read()).isEqualTo("<bob> hello");
          assertThat(client.readUntil("wörld")).isEqualTo("<bob> wörld [31m");
        }
        assertThat(alice.read()).isEqualTo("* bob left: quit");
        assertThat(bob.readAll()).containsExactly("* 2 (alice, bob) here", "* you left: quit");
        server.terminate();
        assertThat(alice.readAll()).containsExactly("* you left: the server is shutting down");
        assertThat(server.exitCode()).isZero();
        assertThat(server.errors()).isEmpty();
      }
    }
  }

  @Test
  void names_thatAreTakenOrStrange_areRefused() throws Exception {
    try (var server = chat("--max-peers", "1");
        var taken = new Client(server.readPort())) {
      int port = taken.port();
      taken.send("a b\n" + "x".repeat(2000) + "\nalice\n");
      assertThat(taken.read()).isEqualTo("* your name?");
      assertThat(taken.read()).contains("a name has 1 to 16 letters");
      assertThat(taken.readUntil("joined")).isEqualTo("* alice joined");

      try (var late = new Client(port)) {
        late.send("alice\nbob\n\n");

        assertThat(late.readAll())
            .containsExactly(
                "* your name?",
                "* alice is in the room already",
                "* your name?",
                "* the room is full",
                "* your name?",
                "* a name has 1 to 16 letters, digits, - and _");
      }
      assertNothingReported(server);
    }
  }

  @Test
  void peers_thatEndBadly_leaveWithTheReason() throws Exception {
    try (var server = chat("--max-line", "64")) {
      int port = server.readPort();
      try (var alice = Client.named(port, "alice");
          var half = Client.named(port, "half");
          var wordy = Client.named(port, "wordy");
          var gone = Client.named(port, "gone");
          var drip = Client.named(port, "drip")) {
        half.send("half a li");
        half.socket.shutdownOutput();
        assertThat(half.readUntil("you left")).isEqualTo("* you left: end of input");
        assertThat(alice.readUntil("left")).isEqualTo("* half left: end of input");

        wordy.send("x".repeat(1000));
        assertThat(wordy.readUntil("you left"))
            .isEqualTo("* you left: a line of more than 64 bytes");
        assertThat(alice.readUntil("left")).isEqualTo("* wordy left: a line of more than 64 bytes");

        gone.send("by");
        gone.reset();
        assertThat(alice.readUntil("left")).isEqualTo("* gone left: connection lost");

        for (char letter : "ping\n".toCharArray()) {
          drip.send(Character.toString(letter));
        }
        assertThat(alice.readUntil("<drip>")).isEqualTo("<drip> ping");
      }
      assertNothingReported(server);
    }
  }

  @Test
  void peer_thatSaysNothing_isDropped() throws Exception {
    try (var server = chat("--idle", "1")) {
      try (var silent = Client.named(server.readPort(), "silent")) {
        silent.send("half a line does not count");

        assertThat(silent.read()).isEqualTo("* you left: silent for 1 seconds");
        assertThat(silent.read()).isEqualTo("(end)");
      }
      assertNothingReported(server);
    }
  }

  @Test
  void peer_thatNeverReads_isDroppedAndTheOthersGoOn() throws Exception {
    try (var server = chat("--queue", "16")) {
      int port = server.readPort();
      try (var deaf = Client.named(port, "deaf");
          var alice = Client.named(port, "alice")) {
        String line = "x".repeat(500);
        int sent = 0;
        String heard = "";

        while (!heard.startsWith("* deaf left")) {
          alice.send((line + "\n").repeat(50));
          sent += 50;
          for (int i = 0; i < 50; i++) {
            heard = alice.read();
            if (!heard.startsWith("<alice>")) {
              break;
            }
          }
          assertThat(sent).isLessThan(1_000_000);
        }

        assertThat(heard).isEqualTo("* deaf left: too slow, 16 lines were waiting");
        // what was on its way comes first, then the reason
        List<String> late = deaf.readAll();
        assertThat(late.getLast()).isEqualTo("* you left: too slow, 16 lines were waiting");
        assertThat(late).hasSizeLessThan(sent);
        alice.send("/who\n");
        assertThat(alice.readUntil(" here")).isEqualTo("* 1 (alice) here");
      }
      assertNothingReported(server);
    }
  }

  @Test
  void flood_ofOnePeer_dropsNobodyWhoReads() throws Exception {
    try (var server = chat("--queue", "2")) {
      int port = server.readPort();
      try (var alice = Client.named(port, "alice");
          var flood = Client.named(port, "flood")) {
        Thread reader = Thread.startVirtualThread(() -> readQuietly(flood));
        flood.send("spam\n".repeat(5000) + "/who\n".repeat(100) + "/quit\n");

        int heard = 0;
        for (String line = alice.read(); !line.contains("flood left"); line = alice.read()) {
          heard += line.equals("<flood> spam") ? 1 : 0;
          assertThat(line).isNotEqualTo("(end)");
        }
        assertThat(heard).isEqualTo(5000);
        reader.join();
      }
      assertNothingReported(server);
    }
  }

  @Test
  void crowd_joinsAtOnceAndResetsAtOnce_othersGoOn() throws Exception {
    try (var server = chat()) {
      int port = server.readPort();
      try (var alice = Client.named(port, "alice")) {
        Thread reader = Thread.startVirtualThread(() -> readUntilCrowdIsGone(alice));
        List<Client> crowd = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
          var client = new Client(port);
          client.send("c" + i + "\nhi\n");
          crowd.add(client);
        }
        for (Client client : crowd) {
          assertThat(client.readUntil("> hi")).endsWith("> hi");
        }
        for (Client client : crowd) {
          client.reset();
        }
        reader.join();

        alice.send("/who\n");
        assertThat(alice.readUntil(" here")).isEqualTo("* 1 (alice) here");
      }
      assertNothingReported(server);
    }
  }

  private static void readUntilCrowdIsGone(Client client) {
    try {
      for (int left = 0; left < CROWD; ) {
        left += client.readUntil(" left").contains(" left") ? 1 : CROWD;
      }
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  private static void readQuietly(Client client) {
    try {
      List<String> _ = client.readAll();
    } catch (SocketException closed) {
      // the test is over
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  private static void assertNothingReported(Program server) throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
  }
}
