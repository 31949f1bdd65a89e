package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers that break the rules; another client must not notice.
@Tag("slow")
class RedisHostileTest {

  private static final long FAR_TOO_MUCH = 100_000_000;

  private Program server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        Program.start(
            RedisTest.FLAGS,
            "redis",
            "--port",
            "0",
            "--max-memory",
            "1",
            "--max-request",
            "128",
            "--max-connections",
            "400");
    port = server.readPort();
  }

  @AfterEach
  void end() throws Exception {
    try (var other = new RedisClient(port)) {
      assertThat(other.call("PING")).isEqualTo("PONG");
    }
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).doesNotContain("\tat ");
    server.close();
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new RedisClient(port)) {
      slow.socket().setTcpNoDelay(true);
      for (byte each : slow.encode("ECHO", "hello")) {
        slow.sendBytes(new byte[] {each});
      }

      assertThat(slow.receive()).isEqualTo("\"hello\"");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "*1000000000\r\n",
        "*2\r\n$3\r\nGET\r\n$1000000000\r\n",
        "*1\r\n*1\r\n*1\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n$-1\r\n",
        "*99999999999999999999999999",
        "*x\r\n",
        "*1\r\n$1\r\nabc\r\n",
        "+OK\r\n",
        "$4\r\nPING\r\n"
      })
  void brokenRequest_isAnErrorAndTheEnd(String request) throws IOException {
    try (var broken = new RedisClient(port)) {
      broken.sendBytes(request.getBytes(US_ASCII));

      assertThat(broken.receive()).startsWith("(error) ERR Protocol error: ");
      assertThatThrownBy(broken::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void emptyRequests_areIgnored() throws IOException {
    try (var odd = new RedisClient(port)) {
      odd.sendBytes("*0\r\n*-1\r\n".getBytes(US_ASCII));

      assertThat(odd.call("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void lineBreakInAName_staysInsideTheAnswer() throws IOException {
    try (var sly = new RedisClient(port)) {
      assertThat(sly.call("FLY\r\n+OK")).startsWith("(error) ERR unknown command 'FLY  +OK'");
      assertThat(sly.call("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void requestOverTheLimit_isAnErrorAndTheEnd() throws IOException {
    try (var large = new RedisClient(port)) {
      assertThat(large.call("SET", "a", "x".repeat(100_000))).isEqualTo("OK");
      large.sendBytes("*2\r\n$4\r\nECHO\r\n$200000\r\n".getBytes(US_ASCII));

      assertThat(large.receive()).contains("request too large, the limit is 131072 bytes");
      assertThatThrownBy(large::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void longValueNamedManyTimes_isRefused() throws IOException {
    try (var client = new RedisClient(port)) {
      assertThat(client.call("SET", "long", "x".repeat(100_000))).isEqualTo("OK");
      var request = new String[2_000];
      Arrays.fill(request, "long");
      request[0] = "MGET";

      assertThat(client.call(request))
          .isEqualTo("(error) ERR answer too large, the limit is 4194304 bytes");
      assertThat(client.call("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void moreKeysThanTheMemoryTakes_areRefused() throws IOException {
    try (var greedy = new RedisClient(port)) {
      String answer = "OK";
      int keys = 0;
      while (answer.equals("OK") && keys < 10_000) {
        answer = greedy.call("SET", "key " + keys++, "");
      }

      assertThat(answer)
          .isEqualTo("(error) OOM command not allowed when used memory > 'maxmemory'.");
      assertThat(greedy.call("DEL", "key 0")).isEqualTo("(integer) 1");
      assertThat(greedy.call("SET", "key 0", "")).isEqualTo("OK");
    }
  }

  @Test
  void clientThatNeverReads_isNotReadFrom() throws Exception {
    try (var other = new RedisClient(port)) {
      other.call("SET", "large", "x".repeat(50_000));
      byte[] request = other.encode("GET", "large");

      try (var deaf = connect()) {
        assertThat(writeUntilStuck(deaf, request)).isLessThan(FAR_TOO_MUCH);
        assertThat(other.call("PING")).isEqualTo("PONG");
      }
    }
  }

  @Test
  void subscriberThatNeverReads_isDropped() throws Exception {
    try (var other = new RedisClient(port);
        var deaf = new RedisClient(port)) {
      deaf.call("SUBSCRIBE", "news");
      long published = 0;
      String reached = "(integer) 1";
      while (reached.equals("(integer) 1") && published < FAR_TOO_MUCH) {
        reached = other.call("PUBLISH", "news", "x".repeat(50_000));
        published += 50_000;
      }

      assertThat(reached).isEqualTo("(integer) 0");
    }
  }

  @Test
  void resetInTheMiddleOfARequest_isNoFault() throws IOException {
    for (int i = 0; i < 100; i++) {
      try (var gone = new RedisClient(port)) {
        byte[] request = gone.encode("SET", "key", "x".repeat(1000));
        gone.sendBytes(Arrays.copyOf(request, 10 * i + 1));
        gone.socket().setSoLinger(true, 0); // close() sends a reset
      }
    }
  }

  @Test
  void halfARequestAndTheEnd_isNoFault() throws IOException {
    try (var half = new RedisClient(port)) {
      half.sendBytes("*2\r\n$4\r\nEC".getBytes(US_ASCII));
      half.socket().shutdownOutput();

      assertThatThrownBy(half::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void manyAtOnce_areAnswered_andMoreAreRefused() throws IOException {
    List<RedisClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 400; i++) {
        var client = new RedisClient(port);
        clients.add(client);
        client.sendBytes(client.encode("INCR", "visits"));
      }
      for (int i = 0; i < clients.size(); i++) {
        assertThat(clients.get(i).receive()).startsWith("(integer) ");
      }
      try (var tooMany = new RedisClient(port)) {
        assertThatThrownBy(() -> tooMany.call("PING")).isInstanceOf(IOException.class);
      }
      assertThat(clients.getFirst().call("GET", "visits")).isEqualTo("\"400\"");
      try (var quit = clients.removeLast()) {
        assertThat(quit.call("QUIT")).isEqualTo("OK");
      }
    } finally {
      for (RedisClient client : clients) {
        client.close();
      }
    }
  }

  private SocketChannel connect() throws IOException {
    var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    return channel;
  }

  /// {@return how many bytes were taken until nothing was for a second}
  static long writeUntilStuck(SocketChannel channel, byte[] request) throws Exception {
    var requests = ByteBuffer.allocate(request.length * 1000);
    while (requests.hasRemaining()) {
      requests.put(request);
    }
    requests.flip();
    long taken = 0;
    for (int stuck = 0; stuck < 100 && taken < FAR_TOO_MUCH; ) {
      int some = channel.write(requests);
      taken += some;
      if (!requests.hasRemaining()) {
        requests.rewind();
      }
      if (some == 0) {
        stuck++;
        Thread.sleep(10);
      } else {
        stuck = 0;
      }
    }
    return taken;
  }
}
