package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SmtpTest {

  @TempDir private Path directory;

  private Program server;
  private int port;
  private SmtpClient client;

  @BeforeEach
  void start() throws IOException {
    server = start(directory, "--max-size", "100", "--max-recipients", "3", "--max-mails", "2");
    port = server.readPort();
    client = new SmtpClient(port);
  }

  @AfterEach
  void end() throws Exception {
    client.close();
    endsWell(server);
    assertThat(files(directory)).allMatch(file -> file.toString().endsWith(".eml"));
  }

  static Program start(Path directory, String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("smtp", "--port", "0", "--dir", directory.toString()));
    arguments.addAll(Arrays.asList(options));
    return Program.start(RedisTest.FLAGS, arguments.toArray(String[]::new));
  }

  static void endsWell(Program server) throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  /// {@return the only mail, after the lines that the server has added}
  private String onlyMail() throws IOException {
    assertThat(files(directory)).hasSize(1);
    return Files.readString(files(directory).getFirst(), ISO_8859_1).split("\r\n.*; .*\r\n", 2)[1];
  }

  @Test
  void mail_isKept_withItsEnvelope() throws IOException {
    assertThat(client.call("EHLO client.example.org")).isEqualTo("250 STARTTLS");
    assertThat(client.call("MAIL FROM:<me@example.org> SIZE=20 BODY=8BITMIME"))
        .isEqualTo("250 Sender ok");
    assertThat(client.call("rcpt to:<you@example.org>")).isEqualTo("250 Recipient ok");
    assertThat(client.call("RCPT TO:<them@example.org>")).isEqualTo("250 Recipient ok");
    assertThat(client.call("DATA")).isEqualTo("354 End with a dot");
    assertThat(client.call("Subject: hello\r\n\r\n..dot\r\nna\u00efve\r\n."))
        .startsWith("250 Kept as ");
    assertThat(client.call("QUIT")).isEqualTo("221 Goodbye");
    assertThatThrownBy(client::receive).isInstanceOf(EOFException.class);

    assertThat(Files.readString(files(directory).getFirst(), ISO_8859_1))
        .startsWith(
            """
            Return-Path: <me@example.org>
            Delivered-To: you@example.org
            Delivered-To: them@example.org
            Received: from client.example.org ([127.0.0.1])
             by localhost with ESMTP;\
            """
                .replace("\n", "\r\n"));
    assertThat(onlyMail()).isEqualTo("Subject: hello\r\n\r\n.dot\r\nna\u00efve\r\n");
  }

  @Test
  void pipelinedCommands_areAnsweredInOrder() throws IOException {
    List<String> commands =
        List.of(
            "EHLO client",
            "MAIL FROM:<>",
            "RCPT TO:<a@b>",
            "RCPT TO:<>",
            "NOOP",
            "DATA",
            "Text",
            ".",
            "RSET",
            "QUIT",
            "");
    client.send(String.join("\r\n", commands));

    List<String> codes = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      codes.add(client.receive().substring(0, 3));
    }

    assertThat(codes)
        .containsExactly("250", "250", "250", "501", "250", "354", "250", "250", "221");
    assertThat(onlyMail()).isEqualTo("Text\r\n");
  }

  @Test
  void startTls_encryptsTheRest_andForgetsWhatWasSaidBefore() throws Exception {
    client.call("EHLO client");
    client.call("MAIL FROM:<me@example.org>");
    assertThat(client.call("STARTTLS")).isEqualTo("220 Go ahead");
    client.startTls();

    assertThat(client.call("MAIL FROM:<me@example.org>")).isEqualTo("503 Say EHLO first");
    assertThat(client.call("EHLO client")).isEqualTo("250 SIZE 102400");
    assertThat(client.call("STARTTLS")).isEqualTo("503 TLS is on");
    client.startMail();
    assertThat(client.call("secret\r\n.")).startsWith("250 ");
    assertThat(Files.readString(files(directory).getFirst())).contains("with ESMTPS;");
  }

  @Test
  void wrongOrder_isRefused() throws IOException {
    assertThat(client.call("MAIL FROM:<me@example.org>")).isEqualTo("503 Say EHLO first");
    assertThat(client.call("EHLO")).isEqualTo("501 Say who you are");
    client.call("HELO client");
    assertThat(client.call("RCPT TO:<a@b>")).isEqualTo("503 Say MAIL first");
    assertThat(client.call("DATA")).startsWith("503 ");
    client.call("MAIL FROM:<me@example.org>");
    assertThat(client.call("MAIL FROM:<me@example.org>")).startsWith("503 ");
    assertThat(client.call("DATA")).startsWith("503 ");
    assertThat(client.call("RSET")).startsWith("250 ");
    assertThat(client.call("RCPT TO:<a@b>")).isEqualTo("503 Say MAIL first");
    assertThat(client.call("VRFY you")).startsWith("252 ");
    assertThat(client.call("EXPN all")).startsWith("500 ");
  }

  @Test
  void moreThanTheLimits_isRefused() throws IOException {
    client.call("EHLO client");
    assertThat(client.call("MAIL FROM:<a@b> SIZE=102401")).isEqualTo("552 The mail is too large");
    assertThat(client.call("MAIL FROM:<a@b> SMTPUTF8")).isEqualTo("555 Unknown parameter");
    assertThat(client.call("MAIL FROM:<a@b>")).startsWith("250 ");
    for (int i = 0; i < 3; i++) {
      assertThat(client.call("RCPT TO:<a@b>")).startsWith("250 ");
    }
    assertThat(client.call("RCPT TO:<a@b>")).isEqualTo("452 Too many recipients");
    client.call("DATA");
    for (int i = 0; i < 1100; i++) {
      client.send("x".repeat(100) + "\r\n");
    }
    assertThat(client.call(".")).isEqualTo("552 The mail is too large");
    assertThat(files(directory)).isEmpty();

    for (int i = 0; i < 2; i++) {
      client.startMail();
      assertThat(client.call("text\r\n.")).startsWith("250 ");
    }
    assertThat(client.call("MAIL FROM:<a@b>")).isEqualTo("452 There is no room for more mails");
  }

  @Test
  void largeMail_isKeptWhole() throws IOException {
    String text = "0123456789\r\n".repeat(8000);
    client.startMail();

    assertThat(client.call(text + ".")).startsWith("250 ");

    assertThat(onlyMail()).isEqualTo(text);
  }

  @Test
  void directoryThatCannotBeMade_isOneLine() throws Exception {
    Path file = Files.createFile(directory.resolve("not a directory.eml"));

    try (var broken = start(file.resolve("below"))) {
      assertThat(broken.exitCode()).isEqualTo(1);
      assertThat(broken.errors()).startsWith("loop smtp: ").hasLineCount(1);
    }
  }
}
