package io.loop.samples;

import static io.loop.samples.Http2Client.DATA;
import static io.loop.samples.Http2Client.END_HEADERS;
import static io.loop.samples.Http2Client.END_STREAM;
import static io.loop.samples.Http2Client.GOAWAY;
import static io.loop.samples.Http2Client.HEADERS;
import static io.loop.samples.Http2Client.PING;
import static io.loop.samples.Http2Client.RESET;
import static io.loop.samples.Http2Client.SETTINGS;
import static io.loop.samples.Http2Client.connected;
import static io.loop.samples.Http2Client.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.samples.Http2Client.Answer;
import io.loop.samples.Http2Client.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that stop in the middle, or never read; the log must not grow.
@Tag("slow")
class Http2StallTest {

  private Program server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        Http2EndTest.start("--max-streams", "20", "--request-timeout", "2", "--idle-timeout", "4");
    port = server.readPort();
  }

  @AfterEach
  void end() throws Exception {
    Http2HostileTest.assertServed(port);
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @Test
  void silenceAfterTheHandshake_isTheEnd() throws IOException {
    try (var silent = new Http2Client(port, "h2")) {
      assertThat(silent.receive(GOAWAY, 0).code()).isEqualTo(Http2Client.NO_ERROR);
      assertThatThrownBy(silent::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void halfARequest_isRefusedAfterATime() throws IOException {
    try (var half = connected(port)) {
      half.post(1, "/count");
      half.send(DATA, 0, 1, (byte) 'x');

      assertThat(half.answer(1)).isEqualTo(new Answer("408", "408 Request Timeout\n", -1));
      assertThat(half.receive(RESET, 1).code()).isEqualTo(Http2Client.NO_ERROR);
    }
  }

  @Test
  void halfOfTheHeaders_isTheEnd() throws IOException {
    try (var half = connected(port)) {
      half.send(HEADERS, END_STREAM, 1, half.request("GET", "/")); // END_HEADERS is missing

      half.receive(GOAWAY, 0);
      assertThatThrownBy(half::receive).isInstanceOf(IOException.class);
    }
  }

  /// Twenty streams whose windows stay closed: each is reset, then the connection ends.
  @Test
  void twentyStreamsThatAreNeverRead_areReset() throws IOException {
    try (var deaf = connected(port, 0)) {
      for (int i = 0; i < 20; i++) {
        deaf.get(2 * i + 1, "/numbers?to=90000000");
      }
      int resets = 0;
      Frame frame = deaf.receive();
      while (frame.type() != GOAWAY) {
        resets += frame.type() == RESET ? 1 : 0;
        frame = deaf.receive();
      }

      assertThat(resets).isEqualTo(20);
      assertThat(frame.code()).isEqualTo(Http2Client.NO_ERROR);
      assertThatThrownBy(deaf::receive).isInstanceOf(IOException.class);
    }
  }

  /// Twenty streams with open windows, on a socket that is never read.
  @Test
  void twentyStreamsOnASocketThatIsNeverRead_end() throws IOException {
    try (var deaf = connected(port)) {
      for (int i = 0; i < 20; i++) {
        deaf.get(2 * i + 1, "/numbers?to=90000000");
      }

      assertThatThrownBy(() -> sendForever(deaf, frame(PING, 0, 0, new byte[8])))
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {PING, SETTINGS})
  void controlFramesWithoutReadingTheAnswers_areTheEnd(int type) throws IOException {
    try (var flood = connected(port)) {
      byte[] payload = new byte[type == PING ? 8 : 0];

      assertThatThrownBy(() -> sendForever(flood, frame(type, 0, 0, payload)))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void requestsWithoutReadingTheAnswers_areTheEnd() throws IOException {
    try (var flood = connected(port)) {
      int[] stream = {1};

      assertThatThrownBy(
              () -> {
                while (stream[0] < 40_000_000) {
                  var many = new ByteArrayOutputStream();
                  for (int i = 0; i < 10; i++, stream[0] += 2) {
                    byte[] request = flood.request("HEAD", "/");
                    many.writeBytes(frame(HEADERS, END_HEADERS | END_STREAM, stream[0], request));
                  }
                  flood.sendBytes(many.toByteArray());
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  private static void sendForever(Http2Client client, byte[] frame) throws IOException {
    var many = new ByteArrayOutputStream();
    for (int i = 0; i < 500; i++) {
      many.writeBytes(frame);
    }
    for (int sent = 0; sent < 500_000_000; sent += many.size()) {
      client.sendBytes(many.toByteArray());
    }
  }
}
