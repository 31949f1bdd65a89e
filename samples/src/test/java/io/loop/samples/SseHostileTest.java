package io.loop.samples;

import static io.loop.samples.SseClient.streaming;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that break the rules; another client must not notice.
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SseHostileTest {

  private static final int HISTORY = 20_000;
  private static final int ENOUGH = 2_000; // events, of about 60 bytes each
  private static final int PATIENCE_MILLIS = 1000;
  private static final int MOST_CONNECTIONS = 200;

  private Program server;
  private int port;

  @BeforeAll
  void start() throws IOException {
    server =
        Program.start(
            RedisTest.FLAGS,
            "sse",
            "--port",
            "0",
            "--interval",
            "1",
            "--history",
            Integer.toString(HISTORY),
            "--patience",
            "1",
            "--max-connections",
            Integer.toString(MOST_CONNECTIONS));
    port = server.readPort();
  }

  @AfterEach
  void othersGoOn() throws IOException {
    try (var other = connectWhenThereIsRoom()) {
      long first = other.readId();
      assertThat(other.readId()).isGreaterThan(first);
    }
  }

  @AfterAll
  void end() throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  private SseClient connectWhenThereIsRoom() {
    for (; ; ) {
      try {
        return streaming(port, "");
      } catch (IOException full) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new SseClient(port)) {
      slow.socket().setTcpNoDelay(true);
      String request = "GET /events HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
      for (int i = 0; i < request.length(); i++) {
        slow.sendText(request.substring(i, i + 1));
      }

      assertThat(slow.receiveHead().status().code()).isEqualTo(200);
      assertThat(slow.readEvent()).isEqualTo("retry: 1000");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NONSENSE||",
        "GET /events HTTP/1.1||",
        "GET /events HTTP/1.1|Host: localhost||",
        "GET /events HTTP/1.1|Host: elsewhere:80||",
        "GET /%zz HTTP/1.1|HOST||",
        "POST /callback?millis=%zz HTTP/1.1|HOST|Content-Length: 0||",
        "POST /callback HTTP/1.1|HOST|Content-Length: 2000||",
        "POST /callback HTTP/1.1|HOST|Transfer-Encoding: chunked||zz||",
      })
  void brokenRequest_isRefused(String request) throws IOException {
    try (var broken = new SseClient(port)) {
      broken.sendText(request.replace("HOST", "Host: localhost:" + port).replace("|", "\r\n"));

      assertThat(broken.receiveHead().status().code()).isBetween(400, 499);
    }
  }

  @Test
  void longHeader_isRefused() throws IOException {
    try (var broken = new SseClient(port)) {
      broken.sendText("GET / HTTP/1.1\r\nA: " + "x".repeat(10_000) + "\r\n\r\n");

      assertThat(broken.receiveHead().status().code()).isEqualTo(431);
    }
  }

  @Test
  void noise_isTheEnd() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[1 + random.nextInt(300)];
      random.nextBytes(noise);
      try (var noisy = i % 2 == 0 ? new SseClient(port) : streaming(port, "")) {
        noisy.socket().getOutputStream().write(noise);
      }
    }
  }

  @Test
  void clientThatNeverReads_isDropped() throws Exception {
    try (var watching = connectWhenThereIsRoom()) {
      for (int i = 0; i < ENOUGH; i++) { // to fill the buffers of the two sockets
        long _ = watching.readId();
      }
      long start = watching.readId();
      try (var deaf = streaming(port, "")) {
        readTo(start + 5 * PATIENCE_MILLIS, watching);

        assertThatThrownBy(() -> readTo(start + 10 * PATIENCE_MILLIS, deaf))
            .isInstanceOf(IOException.class);
      }
    }
  }

  /// Reads up to an event of a time, in milliseconds since 1970.
  private static void readTo(long time, SseClient client) throws IOException {
    long at = 0;
    while (at < time) {
      at = client.readId();
    }
  }

  @Test
  void requestsWithoutReadingTheAnswers_areTheEnd() throws IOException {
    try (var deaf = new SseClient(port)) {
      String request = "GET /events HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";

      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000_000; i++) {
                  deaf.sendText(request);
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  @Test
  void clientWithoutARequestInTime_isTheEnd() throws IOException {
    try (var nothing = new SseClient(port);
        var half = new SseClient(port)) {
      half.sendText("GET /events HTTP/1.1\r\nHost: ");

      for (SseClient each : List.of(nothing, half)) {
        InputStream in = each.socket().getInputStream();
        assertThat(in.readAllBytes()).isEmpty();
      }
    }
  }

  @Test
  void resetInTheMiddle_isNoFault() throws IOException {
    String request = "GET /events HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
    for (int i = 0; i < 100; i++) {
      try (var gone = new SseClient(port)) {
        gone.sendText(request.substring(0, request.length() * i / 100));
        gone.socket().setSoLinger(true, 0); // close() sends a reset
      }
      try (var gone = connectWhenThereIsRoom()) {
        gone.socket().setSoLinger(true, 0);
      }
    }
  }

  @Test
  void halfClosedClient_stillGetsEvents() throws IOException {
    try (var half = connectWhenThereIsRoom()) {
      half.socket().shutdownOutput();

      long first = half.readId();
      assertThat(half.readId()).isGreaterThan(first);
    }
  }

  @Test
  void manyAtOnce_areServed_andMoreAreRefused() throws IOException {
    List<SseClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < MOST_CONNECTIONS; i++) {
        clients.add(connectWhenThereIsRoom());
      }
      for (SseClient each : clients) {
        assertThat(each.readEvent()).isEqualTo("retry: 1000");
      }
      assertThatThrownBy(() -> streaming(port, ""))
          .isInstanceOfAny(EOFException.class, SocketException.class);
    } finally {
      for (SseClient each : clients) {
        each.close();
      }
    }
  }
}
