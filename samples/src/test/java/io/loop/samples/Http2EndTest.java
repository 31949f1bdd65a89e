package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// How connections of the sample `http2` end.
@Tag("slow")
class Http2EndTest {

  /// Starts a server on a free port.
  static Program start(String... options) {
    List<String> arguments = new ArrayList<>(List.of("http2", "--port", "0"));
    arguments.addAll(TestCertificate.OPTIONS);
    arguments.addAll(List.of(options));
    return Program.start(RedisTest.FLAGS, arguments.toArray(String[]::new));
  }

  @Test
  void connectionWithoutStreams_endsWithGoaway() throws Exception {
    try (var brief = start("--idle-timeout", "1");
        var raw = Http2Client.connected(brief.readPort())) {
      raw.get(1, "/");
      assertThat(raw.answer(1).status()).isEqualTo("200");

      var goaway = raw.receive(Http2Client.GOAWAY, 0);
      assertThat(goaway.code()).isEqualTo(Http2Client.NO_ERROR);
      assertThat(goaway.lastStream()).isOne();
      assertThatThrownBy(raw::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void sigterm_duringADownload_letsItFinish() throws Exception {
    try (var ending = start("--grace", "60");
        var raw = Http2Client.connected(ending.readPort(), 1_000)) {
      raw.get(1, "/numbers?to=2000"); // more than fits into the window
      raw.receive(Http2Client.DATA, 1);
      ending.terminate();

      // the first allows what is on its way, the last says what was served
      assertThat(raw.receive(Http2Client.GOAWAY, 0).lastStream()).isEqualTo(Integer.MAX_VALUE);
      raw.get(3, "/");
      assertThat(raw.answer(3).status()).isEqualTo("200");
      raw.send(Http2Client.WINDOW_UPDATE, 0, 1, Http2Client.number(100_000));
      assertThat(raw.answer(1).body()).endsWith("\n2000\n");
      assertThat(raw.receive(Http2Client.GOAWAY, 0).lastStream()).isEqualTo(3);
      assertThat(ending.exitCode()).isZero();
      assertThat(ending.errors()).isEmpty();
    }
  }

  @Test
  void sigterm_whileAClientTakesNothing_waitsForTheGracePeriod() throws Exception {
    try (var ending = start("--grace", "1");
        var raw = Http2Client.connected(ending.readPort(), 0)) {
      raw.get(1, "/numbers?to=1000000");
      raw.receive(Http2Client.HEADERS, 1);
      ending.terminate();

      assertThat(ending.exitCode()).isZero();
      assertThat(ending.errors()).isEmpty();
    }
  }

  @Test
  void limitBelowOne_isRefused() throws Exception {
    try (var refused = start("--max-streams", "0")) {
      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.errors()).contains("--max-streams must be at least 1");
    }
  }

  @Test
  void manyConnectionsAtOnce_areServed_andMoreAreRefused() throws Exception {
    List<Http2Client> clients = new ArrayList<>();
    try (var full = start("--max-connections", "100", "--request-timeout", "60")) {
      int port = full.readPort();
      for (int i = 0; i < 100; i++) {
        clients.add(Http2Client.connected(port));
        clients.getLast().post(1, "/count");
      }
      assertThatThrownBy(() -> Http2Client.connected(port)).isInstanceOf(IOException.class);

      for (Http2Client each : clients) {
        each.send(Http2Client.DATA, Http2Client.END_STREAM, 1);
        assertThat(each.answer(1).status()).isEqualTo("200");
      }
    } finally {
      for (Http2Client each : clients) {
        each.close();
      }
    }
  }
}
