package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisTest {

  static final List<String> FLAGS =
      List.of(
          "--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");

  private Program server;
  private int port;
  private RedisClient client;

  @BeforeAll
  void start() throws IOException {
    server = Program.start(FLAGS, "redis", "--port", "0");
    port = server.readPort();
  }

  @AfterAll
  void end() throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @BeforeEach
  void connect() throws IOException {
    client = new RedisClient(port);
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "PING|PONG",
        "ping hello|\"hello\"",
        "ECHO hello|\"hello\"",
        "SET a 1|OK",
        "SET a 1 EX 0|(error) ERR invalid expire time in 'set' command",
        "SET a 1 EX x|(error) ERR value is not an integer or out of range",
        "SET a 1 EX|(error) ERR syntax error",
        "SET a 1 EX 1 PX 1|(error) ERR syntax error",
        "SET a 1 NX XX|(error) ERR syntax error",
        "SET new-one 1 XX|(nil)",
        "GET nothing|(nil)",
        "GET|(error) ERR wrong number of arguments for 'get' command",
        "GET a b|(error) ERR wrong number of arguments for 'get' command",
        "TTL nothing|(integer) -2",
        "DEL nothing|(integer) 0",
        "EXPIRE nothing 10|(integer) 0",
        "EXPIRE nothing 9223372036854775807|(error) ERR invalid expire time in 'expire' command",
        "EXPIRE nothing 10 GT|(error) ERR Unsupported option GT",
        "MGET nothing nobody|[(nil) (nil)]",
        "PUBLISH nobody hello|(integer) 0",
        "UNSUBSCRIBE|[\"unsubscribe\" (nil) (integer) 0]",
        "HELLO 3|(error) NOPROTO unsupported protocol version",
        "CONFIG GET save appendonly nothing|[\"save\" \"\" \"appendonly\" \"no\"]",
        "CONFIG SET save x|(error) ERR unknown subcommand 'SET'. Try CONFIG HELP.",
        "CLIENT SETNAME me|(error) ERR unknown subcommand 'SETNAME'. Try CLIENT HELP.",
        "COMMAND DOCS|[]",
        "FLY me|(error) ERR unknown command 'FLY', with args beginning with: 'me' ",
      })
  void request_getsTheAnswerOfRedis(String request, String answer) throws IOException {
    String found = client.call(request.split(" "));

    assertThat(found.strip()).isEqualTo(answer.strip());
  }

  @Test
  void set_ofABinaryValue_isKept() throws IOException {
    assertThat(client.call("SET", "key\0\r\n\u00ff", "value\0\r\n\u00fe")).isEqualTo("OK");

    assertThat(client.call("GET", "key\0\r\n\u00ff")).isEqualTo("\"value\0\r\n\u00fe\"");
    assertThat(client.call("SET", "empty", "")).isEqualTo("OK");
    assertThat(client.call("MGET", "empty")).isEqualTo("[\"\"]");
  }

  /// Short answers are sent in one buffer, long ones in several.
  @ParameterizedTest
  @ValueSource(ints = {8000, 8182, 8183, 8184, 8192, 200_000})
  void get_ofAValueOfAnyLength_isTheValue(int length) throws IOException {
    String value = "x".repeat(length);
    client.call("SET", "long", value);

    assertThat(client.call("GET", "long")).isEqualTo('"' + value + '"');
    assertThat(client.call("MGET", "long", "nothing", "long"))
        .isEqualTo("[\"%s\" (nil) \"%s\"]".formatted(value, value));
  }

  @Test
  void set_ifItExistsOrNot_keepsOrReplaces() throws IOException {
    assertThat(client.call("SET", "x", "1", "NX")).isEqualTo("OK");
    assertThat(client.call("SET", "x", "2", "nx")).isEqualTo("(nil)");
    assertThat(client.call("SET", "x", "3", "xx", "EX", "100")).isEqualTo("OK");

    assertThat(client.call("GET", "x")).isEqualTo("\"3\"");
    assertThat(client.call("TTL", "x")).isEqualTo("(integer) 100");
    assertThat(client.call("EXISTS", "x", "x", "y")).isEqualTo("(integer) 2");
    assertThat(client.call("SET", "x", "4")).isEqualTo("OK");
    assertThat(client.call("TTL", "x")).isEqualTo("(integer) -1");
    assertThat(client.call("DEL", "x", "x")).isEqualTo("(integer) 1");
  }

  @Test
  void incr_countsAndKeepsTheTimeToLive() throws IOException {
    assertThat(client.call("INCR", "n")).isEqualTo("(integer) 1");
    assertThat(client.call("EXPIRE", "n", "100")).isEqualTo("(integer) 1");
    assertThat(client.call("INCR", "n")).isEqualTo("(integer) 2");
    assertThat(client.call("TTL", "n")).isEqualTo("(integer) 100");

    client.call("SET", "n", "9223372036854775807");
    assertThat(client.call("INCR", "n"))
        .isEqualTo("(error) ERR increment or decrement would overflow");
    client.call("SET", "n", "007");
    assertThat(client.call("INCR", "n"))
        .isEqualTo("(error) ERR value is not an integer or out of range");
  }

  @Test
  void key_withATimeToLive_expires() throws IOException {
    client.call("SET", "short", "1", "PX", "50");
    client.call("SET", "longer", "1", "PX", "50");
    client.call("EXPIRE", "longer", "100");
    client.call("SET", "gone", "1");
    assertThat(client.call("EXPIRE", "gone", "-1")).isEqualTo("(integer) 1");

    String left = client.call("MGET", "short", "longer", "gone");
    while (left.startsWith("[\"1\"")) {
      left = client.call("MGET", "short", "longer", "gone");
    }

    assertThat(left).isEqualTo("[(nil) \"1\" (nil)]");
  }

  @Test
  void pipeline_isAnsweredInOrder() throws IOException {
    var requests = new ByteArrayOutputStream();
    for (int i = 0; i < 5000; i++) {
      requests.writeBytes(client.encode("ECHO", "number " + i));
    }

    client.sendBytes(requests.toByteArray());

    for (int i = 0; i < 5000; i++) {
      assertThat(client.receive()).isEqualTo("\"number " + i + '"');
    }
  }

  @Test
  void published_reachesTheSubscribersOfThatChannel() throws IOException {
    try (var subscriber = new RedisClient(port)) {
      assertThat(subscriber.call("SUBSCRIBE", "news", "sport"))
          .isEqualTo("[\"subscribe\" \"news\" (integer) 1]");
      assertThat(subscriber.receive()).isEqualTo("[\"subscribe\" \"sport\" (integer) 2]");

      assertThat(client.call("PUBLISH", "news", "hello")).isEqualTo("(integer) 1");
      assertThat(client.call("PUBLISH", "weather", "rain")).isEqualTo("(integer) 0");

      assertThat(subscriber.receive()).isEqualTo("[\"message\" \"news\" \"hello\"]");
      assertThat(subscriber.call("PING")).isEqualTo("[\"pong\" \"\"]");
      assertThat(subscriber.call("GET", "a"))
          .startsWith("(error) ERR Can't execute 'get': only (P|S)SUBSCRIBE");
      assertThat(subscriber.call("UNSUBSCRIBE", "news"))
          .isEqualTo("[\"unsubscribe\" \"news\" (integer) 1]");
      assertThat(client.call("PUBLISH", "news", "hello")).isEqualTo("(integer) 0");
      assertThat(subscriber.call("UNSUBSCRIBE"))
          .isEqualTo("[\"unsubscribe\" \"sport\" (integer) 0]");
      assertThat(subscriber.call("GET", "nothing")).isEqualTo("(nil)");
    }
  }

  @Test
  void subscriber_thatHasLeft_isNotCounted() throws IOException {
    try (var subscriber = new RedisClient(port)) {
      subscriber.call("SUBSCRIBE", "left");
    }

    String reached = client.call("PUBLISH", "left", "hello");
    while (!reached.equals("(integer) 0")) { // until the server has seen the end
      reached = client.call("PUBLISH", "left", "hello");
    }
  }

  @Test
  void quit_isAnsweredAndClosesTheConnection() throws IOException {
    assertThat(client.call("QUIT")).isEqualTo("OK");

    assertThatThrownBy(client::receive).isInstanceOf(EOFException.class);
  }

  @Test
  void sigterm_withASubscriber_endsWithCode0() throws Exception {
    try (var other = Program.start(FLAGS, "redis", "--port", "0");
        var subscriber = new RedisClient(other.readPort())) {
      subscriber.call("SUBSCRIBE", "news");

      other.terminate();

      assertThatThrownBy(subscriber::receive).isInstanceOf(EOFException.class);
      assertThat(other.exitCode()).isZero();
    }
  }
}
