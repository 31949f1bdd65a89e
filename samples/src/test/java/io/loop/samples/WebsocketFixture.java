package io.loop.samples;

import static io.loop.samples.WebsocketClient.named;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// A room with a short queue and little memory. After each test, every peer has left it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WebsocketFixture {

  static final int MOST_PEERS = 250;

  private Program server;
  int port;

  @BeforeAll
  void start() throws IOException {
    List<String> flags = Stream.concat(RedisTest.FLAGS.stream(), Stream.of("-Xmx64m")).toList();
    server =
        Program.start(
            flags,
            "websocket",
            "--port",
            "0",
            "--max-peers",
            Integer.toString(MOST_PEERS),
            "--queue",
            "16",
            "--rate",
            "1000000");
    port = server.readPort();
  }

  @AfterEach
  void everybodyLeaves() throws IOException {
    try (var other = named(port, "other")) {
      String here = "";
      while (!here.equals("* 1 here: other")) {
        other.say("/who");
        here = other.hearUntil(" here: ");
        assertThat(here).contains("other");
      }
      other.say("/quit");
      assertThat(other.hearUntil("CLOSE")).isEqualTo("CLOSE 1000 quit");
    }
  }

  @AfterAll
  void end() throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }
}
