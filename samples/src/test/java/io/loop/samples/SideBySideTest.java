package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The programs of `docs/side-by-side`. Each test runs the same conversation with the program in
/// Java and, on a machine with Python 3.11 or later, with the program in Python.
@Tag("slow")
class SideBySideTest {

  private static final Path PROGRAMS = Page.root().resolve("docs").resolve("side-by-side");
  private static final List<String> NAMES = List.of("echo", "chat", "smtp", "fetch");
  private static final int PATIENCE_MILLIS = 30_000;

  enum Language {
    JAVA,
    PYTHON;

    Program start(String name, String... arguments) {
      return this == JAVA
          ? Program.ofSource(RedisTest.FLAGS, source(name), arguments)
          : Program.ofPython(source(name), arguments);
    }

    Path source(String name) {
      String file =
          this == JAVA
              ? name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1) + ".java"
              : name + ".py";
      return PROGRAMS.resolve(file);
    }

    List<String> code(String name) throws IOException {
      return Files.readAllLines(source(name)).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("//") && !line.startsWith("#"))
          .filter(line -> !line.startsWith("import ") && !line.startsWith("from "))
          .toList();
    }
  }

  static Stream<Language> languages() throws Exception {
    return hasPython() ? Stream.of(Language.values()) : Stream.of(Language.JAVA);
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      String check = "import sys; sys.exit(sys.version_info < (3, 11))";
      return new ProcessBuilder("python3", "-c", check).start().waitFor() == 0;
    } catch (IOException none) {
      return false;
    }
  }

  /// A connection whose peer speaks in lines.
  private static final class Peer implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;

    Peer(int port) throws IOException {
      this(port, new Socket());
    }

    private Peer(int port, Socket socket) throws IOException {
      this.socket = socket;
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
    }

    /// {@return a peer that does not read}
    static Peer slow(int port) throws IOException {
      var socket = new Socket();
      socket.setReceiveBufferSize(4096);
      return new Peer(port, socket);
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    }

    String receive() throws IOException {
      try {
        String line = in.readLine();
        return line == null ? "(the end)" : line;
      } catch (SocketException reset) {
        return "(the end)";
      }
    }

    String call(String text) throws IOException {
      send(text);
      return receive();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void terminate(Language language, Program server, Peer... open) throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    for (Peer peer : open) {
      assertThat(peer.receive()).isEqualTo("(the end)");
    }
    if (language == Language.JAVA) { // Python 3.11.7 prints a traceback for each open connection
      assertThat(server.errors()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("languages")
  void echo_sendsBackWhatItGets(Language language) throws Exception {
    try (var server = language.start("echo")) {
      int port = server.readPort();
      byte[] sent = new byte[200_000];
      new Random(1).nextBytes(sent);
      try (var peer = new Peer(port);
          var idle = new Peer(port)) {
        peer.socket.getOutputStream().write(sent);
        byte[] received = peer.socket.getInputStream().readNBytes(sent.length);
        peer.socket.shutdownOutput();

        assertThat(Arrays.equals(received, sent)).isTrue();
        assertThat(peer.receive()).isEqualTo("(the end)");
        assertThat(idle.call("still here\n")).isEqualTo("still here");
        terminate(language, server, idle);
      }
    }
  }

  private static Peer enter(int port, String name) throws IOException {
    var peer = new Peer(port);
    assertThat(peer.receive()).isEqualTo("* your name?");
    assertThat(peer.call(name + "\n")).isEqualTo("* " + name + " joined");
    return peer;
  }

  @ParameterizedTest
  @MethodSource("languages")
  void chat_passesLinesOn(Language language) throws Exception {
    try (var server = language.start("chat")) {
      int port = server.readPort();
      try (var alice = enter(port, "alice");
          var bob = new Peer(port)) {
        assertThat(bob.receive()).isEqualTo("* your name?");
        assertThat(bob.call("alice\n")).isEqualTo("* your name?");
        assertThat(bob.call("no name\n")).isEqualTo("* your name?");
        assertThat(bob.call("bob\n")).isEqualTo("* bob joined");
        assertThat(alice.receive()).isEqualTo("* bob joined");

        assertThat(bob.call("\nhello\n")).isEqualTo("<bob> hello");
        assertThat(alice.receive()).isEqualTo("<bob> hello");
        assertThat(alice.call("/who\n")).isEqualTo("* here: alice, bob");
        assertThat(bob.call("/quit\n")).isEqualTo("(the end)");
        assertThat(alice.receive()).isEqualTo("* bob left");

        terminate(language, server, alice);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("languages")
  void chat_dropsPeersThatSendTooMuchOrDoNotRead(Language language) throws Exception {
    try (var server = language.start("chat")) {
      int port = server.readPort();
      try (var alice = enter(port, "alice");
          var eve = enter(port, "eve");
          var mallory = Peer.slow(port)) {
        mallory.send("mallory\n");
        assertThat(alice.receive()).isEqualTo("* eve joined");
        assertThat(alice.receive()).isEqualTo("* mallory joined");

        eve.send("x".repeat(200_000));
        assertThat(alice.receive()).isEqualTo("* eve left");
        String line = "y".repeat(60_000);
        while (alice.call(line + "\n").equals("<alice> " + line)) {}

        assertThat(alice.receive()).isIn("<alice> " + line, "* mallory left");
        assertThat(alice.call("/who\n")).isIn("<alice> " + line, "* here: alice");
        terminate(language, server);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("languages")
  void smtp_keepsMails(Language language, @TempDir Path directory) throws Exception {
    try (var server = language.start("smtp", directory.toString())) {
      int port = server.readPort();
      try (var peer = new Peer(port)) {
        assertThat(peer.receive()).isEqualTo("220 localhost ESMTP");
        assertThat(peer.call("DATA\r\n")).startsWith("503");
        assertThat(peer.call("ehlo me\r\n")).isEqualTo("250 localhost");
        assertThat(peer.call("RCPT TO:<b@x>\r\n")).startsWith("503");
        assertThat(peer.call("mail from:<a@x> SIZE=5\r\n")).startsWith("250");
        assertThat(peer.call("MAIL FROM:<a@x>\r\n")).startsWith("503");
        assertThat(peer.call("RCPT TO:<>\r\n")).startsWith("503");
        assertThat(peer.call("RCPT TO:<b@x>\r\n")).startsWith("250");
        assertThat(peer.call("RCPT TO: <c@x>\r\n")).startsWith("250");
        assertThat(peer.call("DATA\r\n")).startsWith("354");
        String kept = peer.call("Subject: \u00e4\r\n\r\n..dot\r\n.\r\n");
        assertThat(peer.call("NOOP\r\n")).startsWith("250");
        assertThat(peer.call("HELP\r\n")).startsWith("500");

        assertThat(kept).startsWith("250 Kept as ");
        Path file = directory.resolve(kept.substring("250 Kept as ".length()));
        assertThat(Files.readString(file, ISO_8859_1))
            .isEqualTo("Envelope: a@x b@x c@x\r\nSubject: \u00e4\r\n\r\n.dot\r\n");

        try (var lost = new Peer(port)) {
          lost.send("MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf a mail\r\n");
        }
        assertThat(peer.call("MAIL FROM:<a@x>\r\n")).startsWith("250");
        assertThat(peer.call("RCPT TO:<b@x>\r\n")).startsWith("250");
        assertThat(peer.call("DATA\r\n")).startsWith("354");
        peer.send(("x".repeat(998) + "\r\n").repeat(1_001));
        assertThat(peer.call(".\r\n")).isEqualTo("552 The mail is too large");
        assertThat(peer.call("QUIT\r\n")).startsWith("221");
        assertThat(peer.receive()).isEqualTo("(the end)");
        terminate(language, server);
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("languages")
  void fetch_triesAgain_andSaysWhatFailed(Language language) throws Exception {
    try (var upstream = new PipelineFakeUpstream()) {
      String flaky = upstream.address() + "/flaky";
      String missing = upstream.address() + "/missing";
      String half = upstream.address() + "/half";
      try (var program = language.start("fetch", flaky, missing, half)) {
        assertThat(program.lines())
            .containsExactlyInAnyOrder(
                "4ea4a97a600198e1ebec2e8ca439281644b80ab509b35716a4fd6035049bf5a0 7 " + flaky,
                "failed: " + missing + ": status 404",
                "failed: " + half + ": the body is incomplete");
        assertThat(program.exitCode()).isOne();
        assertThat(program.errors()).isEmpty();
      }
      try (var program = language.start("fetch", flaky)) {
        assertThat(program.lines()).hasSize(1);
        assertThat(program.exitCode()).isZero();
      }
    }
  }

  @Test
  void page_countsTheLines() throws IOException {
    List<List<String>> rows =
        Page.of("side-by-side.md").rows("program", "Python", "Java", "Java without closing braces");

    assertThat(rows).hasSameSizeAs(NAMES);
    for (int i = 0; i < rows.size(); i++) {
      String name = NAMES.get(i);
      List<String> java = Language.JAVA.code(name);
      long braces = java.stream().filter(line -> line.matches("[})]+;?")).count();
      assertThat(rows.get(i).subList(1, 4))
          .as(name)
          .containsExactly(
              Integer.toString(Language.PYTHON.code(name).size()),
              Integer.toString(java.size()),
              Long.toString(java.size() - braces));
    }
  }
}
