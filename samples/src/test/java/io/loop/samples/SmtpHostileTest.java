package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clients that break the rules; another client must not notice.
@Tag("slow")
class SmtpHostileTest {

  @TempDir private Path directory;

  private Program server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        SmtpTest.start(
            directory, "--max-size", "100", "--max-connections", "200", "--patience", "3");
    port = server.readPort();
  }

  @AfterEach
  void end() throws Exception {
    int mails = SmtpTest.files(directory).size();
    try (var other = new SmtpClient(port)) {
      other.startMail();
      assertThat(other.call("text\r\n.")).startsWith("250 ");
    }
    SmtpTest.endsWell(server);
    assertThat(SmtpTest.files(directory))
        .allMatch(file -> file.toString().endsWith(".eml"))
        .hasSizeLessThanOrEqualTo(mails + 1);
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new SmtpClient(port)) {
      slow.socket().setTcpNoDelay(true);
      String all = "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n..\r\n.\r\nQUIT\r\n";
      for (int i = 0; i < all.length(); i++) {
        slow.send(all.substring(i, i + 1));
      }
      String last = "";
      while (!last.startsWith("221")) {
        last = slow.receive();
        assertThat(last).doesNotStartWith("5");
      }
    }
  }

  @Test
  void secondMailInsideAMail_isNotSeen() throws IOException {
    for (String end : List.of("\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r")) {
      try (var sly = new SmtpClient(port)) {
        sly.startMail();
        sly.send("text" + end + "MAIL FROM:<other@example.org>\r\n");
        assertThat(sly.call(".")).isEqualTo("554 Lines must end with CR LF");
        assertThat(sly.call("NOOP")).isEqualTo("250 Nothing done");
      }
    }
    assertThat(SmtpTest.files(directory)).isEmpty();
  }

  @Test
  void commandBehindStartTls_isNotTaken() throws IOException {
    try (var sly = new SmtpClient(port)) {
      sly.send("STARTTLS\r\nEHLO injected\r\n");
      assertThat(sly.receive()).isEqualTo("220 Go ahead");

      assertThatThrownBy(
              () -> {
                for (; ; ) {
                  assertThat(sly.receiveLine()).doesNotStartWith("250");
                }
              })
          .isInstanceOf(Exception.class);
    }
  }

  @Test
  void longLine_isTheEnd() throws IOException {
    try (var large = new SmtpClient(port);
        var inside = new SmtpClient(port)) {
      large.send("NOOP " + "x".repeat(5000));
      assertThat(large.receive()).isEqualTo("500 The line is too long");

      inside.startMail();
      inside.send("x".repeat(5000));
      assertThat(inside.receive()).isEqualTo("421 The line is too long");
    }
  }

  @Test
  void mailThatDoesNotEnd_isTheEnd() throws IOException {
    try (var endless = new SmtpClient(port)) {
      endless.startMail();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100_000; i++) {
                  endless.send("x".repeat(1000) + "\r\n");
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void silence_isTheEnd_alsoInsideAMail() throws IOException {
    try (var silent = new SmtpClient(port);
        var inside = new SmtpClient(port)) {
      inside.startMail();
      inside.send("text\r\n");

      assertThat(silent.receive()).isEqualTo("421 You are silent for too long");
      assertThat(inside.receive()).isEqualTo("421 You are silent for too long");
      assertThatThrownBy(inside::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void tooManyErrors_areTheEnd() throws IOException {
    try (var guessing = new SmtpClient(port)) {
      String answer = "500";
      for (int i = 0; i < 30 && answer.startsWith("500"); i++) {
        answer = guessing.call("GUESS " + i);
      }
      if (answer.startsWith("500")) {
        answer = guessing.receive();
      }
      assertThat(answer).isEqualTo("421 Too many errors");
    }
  }

  @Test
  void lineBreaksInAnAddress_areRefused() throws IOException {
    try (var sly = new SmtpClient(port)) {
      sly.call("EHLO me");
      assertThat(sly.call("MAIL FROM:<a\rX-Header: b>")).startsWith("501 ");
      assertThat(sly.call("EHLO a\tb")).startsWith("501 ");
    }
  }

  @Test
  void clientThatNeverReads_isNotReadFrom() throws Exception {
    try (var deaf =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
      deaf.configureBlocking(false);
      long taken = 0;
      try {
        taken = RedisHostileTest.writeUntilStuck(deaf, new byte[] {'N', 'O', 'O', 'P', '\n'});
      } catch (IOException disconnected) {
        assertThat(disconnected).isNotNull(); // its patience was over first
      }
      assertThat(taken).isLessThan(100_000_000);
    }
  }

  @Test
  void partsOfAMail_andResets_leaveNothing() throws Exception {
    for (int i = 0; i < 60; i++) {
      try (var gone = new SmtpClient(port)) {
        gone.startMail();
        gone.send("text\r\n.\r".substring(0, i % 8));
        gone.socket().setSoLinger(i % 2 == 0, 0); // close() sends a reset, or the end
      }
    }
    while (!SmtpTest.files(directory).isEmpty()) {
      Thread.sleep(20); // until the server has seen the last end
    }
  }

  @Test
  void noise_isRefused() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 100; i++) {
      try (var noisy = new SmtpClient(port)) {
        byte[] noise = new byte[random.nextInt(500)];
        random.nextBytes(noise);
        noisy.socket().getOutputStream().write(noise);
        if (i % 2 == 0) {
          noisy.send("\r\nSTARTTLS\r\n");
          noisy.socket().getOutputStream().write(noise);
        }
      }
    }
  }

  @Test
  void manyAtOnce_areServed_andMoreAreRefused() throws IOException {
    List<SmtpClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        clients.add(new SmtpClient(port));
      }
      assertThatThrownBy(() -> new SmtpClient(port)).isInstanceOf(IOException.class);
      for (SmtpClient each : clients) {
        each.send("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\ntext\r\n.\r\nQUIT\r\n");
      }
      for (SmtpClient each : clients) {
        String last = "";
        while (!last.startsWith("221")) {
          last = each.receive();
        }
      }
    } finally {
      for (SmtpClient each : clients) {
        each.close();
      }
    }
    assertThat(SmtpTest.files(directory)).hasSize(200);
  }
}
