package io.loop.samples;

import static io.loop.samples.Http2Client.CONTINUATION;
import static io.loop.samples.Http2Client.DATA;
import static io.loop.samples.Http2Client.END_HEADERS;
import static io.loop.samples.Http2Client.END_STREAM;
import static io.loop.samples.Http2Client.GOAWAY;
import static io.loop.samples.Http2Client.HEADERS;
import static io.loop.samples.Http2Client.PREFACE;
import static io.loop.samples.Http2Client.RESET;
import static io.loop.samples.Http2Client.SETTINGS;
import static io.loop.samples.Http2Client.WINDOW_UPDATE;
import static io.loop.samples.Http2Client.connected;
import static io.loop.samples.Http2Client.frame;
import static io.loop.samples.Http2Client.number;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.samples.Http2Client.Answer;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Clients that break the rules; another client must not notice, and the log must not grow.
@Tag("slow")
class Http2HostileTest {

  private static final Answer REFUSED = new Answer("", "", Http2Client.PROTOCOL_ERROR);

  private static Program server;
  private static int port;

  @BeforeAll
  static void start() throws IOException {
    server = Http2EndTest.start("--max-streams", "20", "--max-body", "50000");
    port = server.readPort();
  }

  @AfterAll
  static void end() throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @AfterEach
  void otherClient_isServed() throws IOException {
    assertServed(port);
  }

  static void assertServed(int port) throws IOException {
    try (var other = connected(port)) {
      other.get(1, "/numbers?to=2");
      assertThat(other.answer(1).body()).isEqualTo("1\n2\n");
    }
  }

  @Test
  void textInsteadOfTls_isTheEnd() throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));

      assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(100); // an alert
    }
  }

  @Test
  void handshakesThatAreResetInTheMiddle_areNoFault() throws IOException {
    byte[] hello = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
    for (int i = 0; i < 100; i++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.getOutputStream().write(hello, 0, 1 + i % hello.length);
        socket.setSoLinger(true, 0); // close() sends a reset
      }
    }
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new Http2Client(port, "h2")) {
      var all = new ByteArrayOutputStream();
      all.writeBytes(PREFACE);
      all.writeBytes(frame(SETTINGS, 0, 0));
      all.writeBytes(frame(HEADERS, END_HEADERS, 1, slow.request("POST", "/count")));
      all.writeBytes(frame(DATA, END_STREAM, 1, (byte) 'x'));
      for (byte each : all.toByteArray()) {
        slow.sendBytes(new byte[] {each});
      }

      assertThat(slow.answer(1).body()).startsWith("1 bytes, SHA-256 2d711642");
    }
  }

  @Test
  void bodyOverTheLimit_isRefused() throws IOException {
    try (var large = connected(port)) {
      large.post(1, "/count", "content-length", "50001");
      assertThat(large.answer(1).status()).isEqualTo("413");
      assertThat(large.receive(RESET, 1).code()).isEqualTo(Http2Client.NO_ERROR);

      large.post(3, "/count");
      for (int i = 0; i < 6; i++) {
        large.send(DATA, 0, 3, new byte[10_000]);
      }
      assertThat(large.answer(3).status()).isEqualTo("413");
    }
  }

  @Test
  void headersOverTheLimit_areRefused() throws IOException {
    try (var large = connected(port)) {
      byte[] block = large.request("GET", "/", "a", "x".repeat(9_000));
      large.send(HEADERS, END_HEADERS | END_STREAM, 1, block);
      assertThat(large.answer(1).status()).isEqualTo("431");

      large.get(3, "/");
      assertThat(large.answer(3).status()).isEqualTo("200");
    }
  }

  @Test
  void continuationsWithoutEnd_areTheEnd() throws IOException {
    try (var endless = connected(port)) {
      endless.send(HEADERS, END_STREAM, 1, endless.request("GET", "/"));
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  endless.send(CONTINUATION, 0, 1, endless.request("GET", "/"));
                }
                endless.receive(GOAWAY, 0);
                endless.receive();
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void requestWithoutAPseudoHeader_isReset() throws IOException {
    try (var wrong = connected(port)) {
      int stream = 1;
      for (String missing : List.of(":method", ":scheme", ":path")) {
        var headers = new DefaultHttp2Headers(false).method("GET").path("/").scheme("https");
        headers.remove(missing);
        wrong.send(HEADERS, END_HEADERS | END_STREAM, stream, wrong.encode(headers));

        assertThat(wrong.answer(stream)).as(missing).isEqualTo(REFUSED);
        stream += 2;
      }
    }
  }

  @Test
  void headerThatIsNotAllowed_isReset() throws IOException {
    List<String> headers =
        List.of(
            "connection: keep-alive",
            "transfer-encoding: chunked",
            "te: gzip",
            "UPPER: x",
            "content-length: 5", // without a body
            ":status: 200",
            ":other: x");
    try (var wrong = connected(port)) {
      int stream = 1;
      for (String header : headers) {
        int colon = header.lastIndexOf(": ");
        byte[] block =
            wrong.request("GET", "/", header.substring(0, colon), header.substring(colon + 2));
        wrong.send(HEADERS, END_HEADERS | END_STREAM, stream, block);

        assertThat(wrong.answer(stream)).as(header).isEqualTo(REFUSED);
        stream += 2;
      }
    }
  }

  @Test
  void moreStreamsThanAllowed_areRefused_alsoBeforeTheSettingsAreAcknowledged() throws IOException {
    try (var greedy = connected(port)) {
      for (int i = 0; i < 25; i++) {
        greedy.post(2 * i + 1, "/count");
      }
      for (int i = 20; i < 25; i++) {
        assertThat(greedy.receive(RESET, 2 * i + 1).code()).isEqualTo(Http2Client.REFUSED_STREAM);
      }

      greedy.send(DATA, END_STREAM, 1);
      assertThat(greedy.answer(1).body()).startsWith("0 bytes, SHA-256 e3b0c442");
    }
  }

  @Test
  void rapidResets_areTheEnd() throws IOException {
    try (var rapid = connected(port)) {
      var all = new ByteArrayOutputStream();
      byte[] request = rapid.request("GET", "/numbers?to=90000000");
      for (int i = 0; i < 250; i++) {
        all.writeBytes(frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, request));
        all.writeBytes(frame(RESET, 0, 2 * i + 1, number(Http2Client.CANCEL)));
      }
      rapid.sendBytes(all.toByteArray());

      assertThat(rapid.receive(GOAWAY, 0).code()).isEqualTo(Http2Client.ENHANCE_YOUR_CALM);
    }
  }

  @Test
  void resetsThatTheServerIsMadeToSend_areTheEnd() throws IOException {
    try (var rapid = connected(port)) {
      var all = new ByteArrayOutputStream();
      byte[] request = rapid.request("POST", "/count");
      for (int i = 0; i < 250; i++) {
        all.writeBytes(frame(HEADERS, END_HEADERS, 2 * i + 1, request));
        all.writeBytes(frame(WINDOW_UPDATE, 0, 2 * i + 1, number(0))); // not allowed
      }
      rapid.sendBytes(all.toByteArray());

      assertThat(rapid.receive(GOAWAY, 0).code()).isEqualTo(Http2Client.ENHANCE_YOUR_CALM);
    }
  }

  @Test
  void emptyDataWithoutEnd_isTheEnd() throws IOException {
    try (var empty = connected(port)) {
      empty.post(1, "/count");
      var all = new ByteArrayOutputStream();
      for (int i = 0; i < 10; i++) {
        all.writeBytes(frame(DATA, 0, 1));
      }
      empty.sendBytes(all.toByteArray());

      assertThat(empty.receive(GOAWAY, 0).code()).isEqualTo(Http2Client.ENHANCE_YOUR_CALM);
    }
  }

  @Test
  void noise_isTheEnd() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 30; i++) {
      try (var noisy = connected(port)) {
        noisy.get(1, "/numbers?to=100000");
        noisy.post(3, "/count");
        for (int j = 0; j < 10; j++) {
          byte[] noise = new byte[random.nextInt(50)];
          random.nextBytes(noise);
          noisy.send(random.nextInt(12), random.nextInt(64), random.nextInt(8), noise);
        }
      } catch (IOException ended) {
        assertThat(ended).isNotInstanceOf(java.net.ConnectException.class);
      }
    }
  }

  @Test
  void resetInTheMiddle_isNoFault() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (var gone = connected(port)) {
        gone.get(1, "/numbers?to=90000000");
        gone.post(3, "/count");
        gone.send(DATA, 0, 3, new byte[500 * i]);
        gone.receive(DATA, 1);
        gone.reset();
      }
    }
  }

  @Test
  void noPreface_isTheEnd() throws IOException {
    try (var wrong = new Http2Client(port, "h2")) {
      wrong.sendBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
      assertThat(wrong.receive(GOAWAY, 0).code()).isEqualTo(Http2Client.PROTOCOL_ERROR);
    }
  }

  @Test
  void readPause_readsOnlyWhileTheChannelIsWritable() {
    var channel = new EmbeddedChannel(new Http2.ReadPause());
    try {
      var _ = channel.write(Unpooled.buffer().writeZero(100_000));
      assertThat(channel.config().isAutoRead()).isFalse();

      channel.flush();
      assertThat(channel.config().isAutoRead()).isTrue();
    } finally {
      channel.finishAndReleaseAll();
    }
  }
}
