package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.samples.ChatTest.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// One room of two processes.
@Tag("server")
class ChatRedisTest {

  private static final Path REDIS = Path.of("/usr/bin/redis-server");

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Process redis(int port) throws IOException {
    return new ProcessBuilder(
            REDIS.toString(), "--bind", "127.0.0.1", "--port", "" + port, "--save", "")
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void end(Process redis) throws InterruptedException {
    redis.destroyForcibly();
    assertThat(redis.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void rooms_ofTwoProcesses_areOneWhileRedisIsThere() throws Exception {
    int redisPort = freePort();
    String address = "127.0.0.1:" + redisPort;
    Process redis = redis(redisPort);
    try (var one = ChatTest.chat("--redis", address);
        var two = ChatTest.chat("--redis", address);
        var alice = Client.named(one.readPort(), "alice");
        var bob = Client.named(two.readPort(), "bob")) {
      awaitWho(alice, "* 1 (alice) here; 1 (bob) elsewhere");

      awaitWho(bob, "* 1 (bob) here; 1 (alice) elsewhere");

      alice.send("over there?\n");
      assertThat(bob.readUntil("<alice>")).isEqualTo("<alice> over there?");
      assertNameIsTaken(bob.port());

      end(redis);
      assertThat(alice.readUntil("* alone")).startsWith("* alone, Redis is out of reach: ");
      assertThat(bob.readUntil("* alone")).startsWith("* alone, Redis is out of reach: ");
      alice.send("still here\n/who\n");
      assertThat(alice.readUntil("<alice>")).isEqualTo("<alice> still here");
      assertThat(alice.readUntil(" here")).isEqualTo("* 1 (alice) here");

      redis = redis(redisPort);
      assertThat(alice.readUntil("joined the")).isEqualTo("* joined the other rooms");
      awaitWho(alice, "* 1 (alice) here; 1 (bob) elsewhere");
      bob.send("again\n");
      assertThat(alice.readUntil("<bob>")).isEqualTo("<bob> again");

      one.terminate();
      two.terminate();
      assertThat(one.exitCode()).isZero();
      assertThat(two.exitCode()).isZero();
      for (Program each : List.of(one, two)) {
        assertThat(each.errors())
            .containsOnlyOnce("cannot reach Redis at " + address + ": ")
            .containsOnlyOnce("connected to Redis at " + address + " again")
            .doesNotContain("\tat ");
      }
    } finally {
      end(redis);
    }
  }

  /// Asks until the other process has announced its names.
  private static void awaitWho(Client client, String expected) throws IOException {
    String answer = "";
    for (int i = 0; i < 300 && !answer.equals(expected); i++) {
      client.send("/who\n");
      answer = client.readUntil(" here");
      if (!answer.equals(expected)) {
        LockSupport.parkNanos(100_000_000);
      }
    }
    assertThat(answer).isEqualTo(expected);
  }

  private static void assertNameIsTaken(int port) throws IOException {
    try (var second = new Client(port)) {
      second.send("alice\n");
      assertThat(second.readUntil("already")).isEqualTo("* alice is in the room already");
    }
  }

  @Test
  void serverThatIsNotRedis_leavesTheRoomAloneAndIsNotTheEnd() throws Exception {
    try (var wrong = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread _ = Thread.startVirtualThread(() -> answerNonsense(wrong));
      try (var server = ChatTest.chat("--redis", "localhost:" + wrong.getLocalPort());
          var alice = Client.named(server.readPort(), "alice")) {
        assertThat(alice.readUntil("* alone"))
            .isEqualTo("* alone, Redis is out of reach: it does not speak its protocol");
        alice.send("still here\n");
        assertThat(alice.readUntil("<alice>")).isEqualTo("<alice> still here");
        server.terminate();
        assertThat(server.exitCode()).isZero();
        assertThat(server.errors()).containsOnlyOnce("it does not speak its protocol");
      }
    }
  }

  private static void answerNonsense(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket peer = server.accept()) {
        peer.getOutputStream().write("HTTP/1.1 400 no\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      } catch (IOException gone) {
        // the test is over, or the peer is
      }
    }
  }

  @Test
  void redisThatIsNotThere_isLoggedImmediately() throws Exception {
    try (var bound = Program.keepPort()) {
      String address = "127.0.0.1:" + bound.getLocalPort();
      try (var server = ChatTest.chat("--redis", address)) {
        assertThat(server.readError("cannot reach")).contains("Redis at " + address + ": ");
        server.terminate();
        assertThat(server.exitCode()).isZero();
      }
    }
  }

  @Test
  void address_thatIsNone_isRefused() throws Exception {
    try (var server = ChatTest.chat("--redis", "nowhere")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.errors()).contains("--redis must be HOST:PORT, not nowhere");
    }
  }
}
