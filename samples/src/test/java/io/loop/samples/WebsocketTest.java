package io.loop.samples;

import static io.loop.samples.WebsocketClient.handshake;
import static io.loop.samples.WebsocketClient.named;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebsocketTest {

  private static final int PATIENCE_SECONDS = 30;

  private Program server;
  private int port;
  private HttpClient http;

  @BeforeAll
  void start() throws IOException {
    server =
        Program.start(
            RedisTest.FLAGS, "websocket", "--port", "0", "--origin", "https://Chat.example.org");
    port = server.readPort();
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  void end() throws Exception {
    http.close();
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  private HttpResponse<String> request(String method, String path) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, BodyPublishers.noBody())
            .build();
    return http.send(request, BodyHandlers.ofString(UTF_8));
  }

  @Test
  void page_isServedWithAPolicyForItsOwnScriptOnly() throws Exception {
    var first = request("GET", "/");
    var second = request("GET", "/");

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
    String policy = first.headers().firstValue("content-security-policy").orElseThrow();
    String nonce = policy.replaceFirst(".*script-src 'nonce-([^']{24})';.*", "$1");
    assertThat(policy).startsWith("default-src 'none';").contains("style-src 'nonce-" + nonce);
    assertThat(first.body())
        .contains("<script nonce=\"" + nonce + "\">", "<style nonce=\"" + nonce + "\">")
        .doesNotContain("{nonce}");
    assertThat(second.body()).isNotEqualTo(first.body());
  }

  @ParameterizedTest
  @CsvSource({"GET, /missing, 404", "POST, /, 405", "HEAD, /, 200", "GET, /chat?x, 404"})
  void otherRequests_getTheirStatus(String method, String path, int status) throws Exception {
    assertThat(request(method, path).statusCode()).isEqualTo(status);
  }

  @Test
  void message_reachesAll() throws IOException {
    try (var alice = named(port, "alice");
        var bob = named(port, "bob")) {
      assertThat(alice.hear()).isEqualTo("* bob joined");

      bob.say("hello <b>wörld</b>");
      bob.say("one\nline \u001b[31m");

      for (WebsocketClient each : new WebsocketClient[] {alice, bob}) {
        assertThat(each.hear()).isEqualTo("<bob> hello <b>wörld</b>");
        assertThat(each.hear()).isEqualTo("<bob> oneline [31m");
      }
    }
  }

  @Test
  void fragments_areOneMessage() throws IOException {
    try (var parts = named(port, "parts")) {
      parts.send(new TextWebSocketFrame(false, 0, "one "));
      parts.send(new ContinuationWebSocketFrame(false, 0, "two "));
      parts.send(new PingWebSocketFrame(Unpooled.copiedBuffer("between", UTF_8)));
      parts.send(new ContinuationWebSocketFrame(true, 0, "three"));

      assertThat(parts.hear()).isEqualTo("PONG between");
      assertThat(parts.hear()).isEqualTo("<parts> one two three");
    }
  }

  @Test
  void commands_areAnswered() throws IOException {
    try (var carol = named(port, "carol");
        var dave = named(port, "dave")) {
      assertThat(carol.hear()).isEqualTo("* dave joined");
      carol.say("/who");
      assertThat(carol.hear()).contains("2 here: carol, dave");

      carol.say("/quit");

      assertThat(carol.hear()).isEqualTo("CLOSE 1000 quit");
      assertThat(dave.hear()).isEqualTo("* carol left: quit");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "taken, CLOSE 1008 taken is in the room already",
    "a b, 'CLOSE 1008 a name has 1 to 16 letters, digits, - and _'",
    "<b>, 'CLOSE 1008 a name has 1 to 16 letters, digits, - and _'",
  })
  void nameThatIsTakenOrStrange_isRefused(String name, String answer) throws IOException {
    try (var taken = named(port, "taken");
        var late = new WebsocketClient(port)) {
      late.shakeHands();
      late.say(name);

      assertThat(late.hear()).isEqualTo(answer);
      taken.say("still here");
      assertThat(taken.hear()).isEqualTo("<taken> still here");
    }
  }

  @Test
  void closeOfAPeer_isAnsweredAndTold() throws IOException {
    try (var erin = named(port, "erin");
        var frank = named(port, "frank")) {
      assertThat(erin.hear()).isEqualTo("* frank joined");

      frank.send(new CloseWebSocketFrame(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE, "bye"));

      assertThat(frank.hear()).isEqualTo("CLOSE 1000 goodbye");
      assertThatThrownBy(frank::hear).isInstanceOf(EOFException.class);
      assertThat(erin.hear()).isEqualTo("* frank left: goodbye");
    }
  }

  @Test
  void closeOfTheServer_isSentOnce() throws IOException {
    try (var late = new WebsocketClient(port)) {
      late.shakeHands();
      late.say("not a name");
      assertThat(late.hear()).startsWith("CLOSE 1008 a name has");

      late.send(new CloseWebSocketFrame(WebSocketCloseStatus.POLICY_VIOLATION));

      assertThatThrownBy(late::hear).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void closeInPlaceOfAName_isAnswered() throws IOException {
    try (var undecided = new WebsocketClient(port)) {
      undecided.shakeHands();
      undecided.send(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));

      assertThat(undecided.hear()).isEqualTo("CLOSE 1000 Bye");
      assertThatThrownBy(undecided::hear).isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, http://localhost, 101",
    "localhost, https://chat.example.org, 101",
    "localhost, https://other.example.org, 403",
    "localhost, http://localhost.example.org, 403",
    "localhost, null, 403",
    "other.example.org, http://other.example.org, 421",
  })
  void handshake_isForPagesOfThisServerOnly(String host, String origin, int status)
      throws IOException {
    String own = ":" + port;
    String from = origin.matches("http:.*") ? origin + own : origin;
    try (var browser = new WebsocketClient(port)) {
      browser.sendText(
          handshake(port, "Origin: " + from + "\r\n").replace("localhost" + own, host + own));

      assertThat(browser.readHead()).startsWith("HTTP/1.1 " + status + " ");
    }
  }

  @Test
  void handshake_ofAProxyInFront_isAccepted() throws IOException {
    try (var browser = new WebsocketClient(port)) {
      browser.sendText(
          handshake(port, "Origin: https://chat.example.org\r\n")
              .replace("localhost:" + port, "chat.example.org"));

      assertThat(browser.readHead()).startsWith("HTTP/1.1 101 ");
    }
  }

  /// What a client of the JDK hears.
  private static final class Listener implements WebSocket.Listener {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final StringBuilder partial = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      partial.append(data);
      if (last) {
        heard.add(partial.toString());
        partial.setLength(0);
      }
      socket.request(1);
      return null;
    }
  }

  @Test
  void clientOfTheJdk_talks() throws Exception {
    var listener = new Listener();
    WebSocket grace =
        http.newWebSocketBuilder()
            .buildAsync(URI.create("ws://127.0.0.1:" + port + "/chat"), listener)
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    grace.sendText("grace", true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    grace.sendText("hello", true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);

    assertThat(listener.heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("* grace joined");
    assertThat(listener.heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("<grace> hello");
    grace.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void peerThatDoesNotAnswerPings_isDropped_andOneThatDoesStays() throws Exception {
    try (var other = Program.start(RedisTest.FLAGS, "websocket", "--port", "0", "--ping", "1")) {
      int otherPort = other.readPort();
      try (var alive = named(otherPort, "alive");
          var silent = named(otherPort, "silent")) {
        String last = "";
        for (int pings = 0; pings < 5; ) {
          last = alive.receive();
          if (last.equals("PING")) {
            pings++;
            alive.send(new PongWebSocketFrame());
          }
        }

        assertThat(silent.receive()).isEqualTo("PING");
        alive.say("/who");
        assertThat(alive.hearUntil(" here")).isEqualTo("* 1 here: alive");
        String reason = silent.receive();
        while (reason.equals("PING")) {
          reason = silent.receive();
        }
        assertThat(reason).isEqualTo("CLOSE 1008 no sign of life for 2 seconds");
      }
      other.terminate();
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors()).isEmpty();
    }
  }

  @Test
  void sigterm_withPeers_saysSoAndEndsWithCode0() throws Exception {
    try (var other = Program.start(RedisTest.FLAGS, "websocket", "--port", "0")) {
      int otherPort = other.readPort();
      try (var page = new WebsocketClient(otherPort);
          var one = named(otherPort, "one");
          var two = named(otherPort, "two")) {
        page.sendText("GET / HTTP/1.1\r\nHost: localhost:" + otherPort + "\r\n\r\n");
        assertThat(page.readHead()).startsWith("HTTP/1.1 200 ");

        other.terminate();

        assertThat(one.hearUntil("CLOSE")).isEqualTo("CLOSE 1001 the server is shutting down");
        assertThat(two.hearUntil("CLOSE")).isEqualTo("CLOSE 1001 the server is shutting down");
        assertThat(page.readAll()).endsWith("</html>\n");
        assertThat(other.exitCode()).isZero();
        assertThat(other.errors()).isEmpty();
      }
    }
  }
}
