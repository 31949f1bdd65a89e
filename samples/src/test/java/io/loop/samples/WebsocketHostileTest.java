package io.loop.samples;

import static io.loop.samples.WebsocketClient.handshake;
import static io.loop.samples.WebsocketClient.named;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers that break the rules; another peer must not notice.
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebsocketHostileTest {

  private static final int CROWD = 200;
  private static final int MOST_PEERS = 250;
  private static final int MANY_PINGS = 1_000_000;

  private Program server;
  private int port;

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

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new WebsocketClient(port)) {
      slow.socket().setTcpNoDelay(true);
      for (byte each : handshake(port).getBytes(ISO_8859_1)) {
        slow.sendBytes(new byte[] {each});
      }
      assertThat(slow.readHead()).startsWith("HTTP/1.1 101 ");
      for (byte each : slow.encode(new TextWebSocketFrame("slow"))) {
        slow.sendBytes(new byte[] {each});
      }
      assertThat(slow.hear()).isEqualTo("* slow joined");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NONSENSE||",
        "GET /chat HTTP/1.1|HOST||",
        "GET / HTTP/1.1||",
        "GET / HTTP/1.1|Host: localhost||",
        "POST /chat HTTP/1.1|HOST|Content-Length: 0||",
        "GET /chat HTTP/1.1|HOST|Connection: Upgrade|Upgrade: websocket||", // without a key
        "GET / HTTP/1.1|HOST|Content-Length: 2000||",
        "POST / HTTP/1.1|HOST|Transfer-Encoding: chunked||zz||",
      })
  void brokenRequest_isRefused(String request) throws IOException {
    try (var broken = new WebsocketClient(port)) {
      broken.sendText(request.replace("HOST", "Host: localhost:" + port).replace("|", "\r\n"));

      assertThat(broken.readHead()).startsWith("HTTP/1.1 4");
    }
  }

  @Test
  void secondRequestOfAConnection_getsNoAnswer() throws IOException {
    String page = "GET / HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
    try (var burst = new WebsocketClient(port)) {
      burst.sendText(page + handshake(port) + page);

      String answers = burst.readAll();

      assertThat(answers).containsOnlyOnce("HTTP/1.1 ").startsWith("HTTP/1.1 200 ");
    }
    try (var refused = new WebsocketClient(port)) {
      refused.sendText(page.replace("localhost", "elsewhere") + page + handshake(port));

      String answers = refused.readAll();

      assertThat(answers).containsOnlyOnce("HTTP/1.1 ").startsWith("HTTP/1.1 421 ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1002 8103616263", // not masked
        "1002 c18000000000", // a reserved bit
        "1002 838000000000", // a reserved kind
        "1002 8b8000000000", // a reserved kind of control frame
        "1002 808000000000", // a continuation of nothing
        "1002 01810000000061 818100000000 61", // a text in the middle of another
        "1002 098000000000", // a ping in parts
        "1002 89fe007e00000000", // a long ping
        "1002 81fe000100000000", // a length that is longer than necessary
        "1002 81ff000000000000ffff00000000",
        "1002 81ffffffffffffffffff00000000",
        "1007 818200000000c328", // not UTF-8
        "1007 81840000000061ff6161",
        "1007 018200000000ceba 808300000000e280ff", // not UTF-8 in its second part
        "1002 88810000000003", // half a close code
      })
  void brokenFrame_isTheEndWithItsCode(String codeAndFrames) throws IOException {
    String[] parts = codeAndFrames.split(" ", 2);
    byte[] frames = HexFormat.of().parseHex(parts[1].replace(" ", ""));
    try (var broken = named(port, "broken");
        var unnamed = new WebsocketClient(port)) {
      unnamed.shakeHands();
      for (WebsocketClient each : List.of(broken, unnamed)) {
        each.sendBytes(frames);

        assertThat(each.hearUntil("CLOSE")).startsWith("CLOSE " + parts[0]);
        assertThatThrownBy(each::hear).isInstanceOf(IOException.class);
      }
    }
  }

  /// Netty's codec sends no close frame after one of the peer's.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "8882000000000000", // a code that is not allowed
        "88820000000003ed", // 1005 means that there is no code
        "88840000000003e8c328", // a reason that is not UTF-8
      })
  void brokenCloseFrame_isTheEnd(String frame) throws IOException {
    try (var broken = named(port, "broken")) {
      broken.sendBytes(HexFormat.of().parseHex(frame));

      assertThatThrownBy(() -> broken.hearUntil("CLOSE")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void noise_isTheEnd() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[1 + random.nextInt(300)];
      random.nextBytes(noise);
      try (var noisy = new WebsocketClient(port)) {
        if (i % 4 != 0) {
          noisy.shakeHands();
        }
        if (i % 4 == 2) {
          noisy.say("noisy-" + i);
        }
        noisy.sendBytes(noise);
        if (i % 4 == 3) {
          noisy.socket().shutdownOutput();
        }
      }
    }
  }

  @Test
  void messageOverTheLimit_isTheEnd() throws IOException {
    try (var large = named(port, "large");
        var parts = named(port, "parts");
        var binary = named(port, "binary")) {
      large.say("x".repeat(2048));
      assertThat(large.hearUntil("<large>")).hasSize("<large> ".length() + 2048);
      large.sendBytes(Arrays.copyOf(large.encode(new TextWebSocketFrame("x".repeat(2049))), 8));
      assertThat(large.hearUntil("CLOSE")).startsWith("CLOSE 1009 ");

      parts.send(new TextWebSocketFrame(false, 0, "x".repeat(1500)));
      parts.send(new ContinuationWebSocketFrame(false, 0, "x".repeat(1500)));
      assertThat(parts.hearUntil("CLOSE")).startsWith("CLOSE 1009 ");

      binary.send(new BinaryWebSocketFrame(Unpooled.copiedBuffer("x", ISO_8859_1)));
      assertThat(binary.hearUntil("CLOSE")).startsWith("CLOSE 1003 ");
    }
  }

  @Test
  void peerThatNeverReads_isDroppedAndTheOthersGoOn() throws IOException {
    try (var deaf = named(port, "deaf");
        var alice = named(port, "alice")) {
      String text = "x".repeat(2000);
      int sent = 0;
      String heard = "";
      while (!heard.startsWith("* deaf left")) {
        alice.say(text);
        sent++;
        heard = alice.hear();
        assertThat(sent).isLessThan(100_000);
      }

      assertThat(heard).isEqualTo("* deaf left: too slow, 16 messages were waiting");
      int read = 0;
      String late = "";
      while (!late.startsWith("CLOSE")) { // what was on its way comes first, then the reason
        late = deaf.hear();
        read++;
      }
      assertThat(late).isEqualTo("CLOSE 1008 too slow, 16 messages were waiting");
      assertThat(read).isLessThan(sent);
    }
  }

  @Test
  void pingsWithoutReadingTheAnswers_costNoMemory() throws IOException {
    try (var deaf = named(port, "deaf")) {
      byte[] ping = deaf.encode(new PingWebSocketFrame(Unpooled.wrappedBuffer(new byte[125])));
      var many = new ByteArrayOutputStream();
      for (int i = 0; i < 1000; i++) {
        many.writeBytes(ping);
      }
      for (int i = 0; i < MANY_PINGS / 1000; i++) {
        deaf.sendBytes(many.toByteArray());
      }
      deaf.say("/quit");

      assertThat(deaf.hearUntil("CLOSE")).isEqualTo("CLOSE 1000 quit");
    }
  }

  @Test
  void requestsWithoutReadingTheAnswers_areTheEnd() throws IOException {
    try (var deaf = new WebsocketClient(port)) {
      String request = "GET / HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";

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
  void peerWithoutANameInTime_isTheEnd() throws IOException {
    try (var nothing = new WebsocketClient(port);
        var half = new WebsocketClient(port);
        var early = new WebsocketClient(port);
        var nameless = new WebsocketClient(port)) {
      half.sendText("GET /chat HTTP/1.1\r\nHost: ");
      early.sendText( // a name before the handshake is answered, which is not allowed
          handshake(port) + new String(early.encode(new TextWebSocketFrame("early")), ISO_8859_1));
      assertThat(early.readHead()).startsWith("HTTP/1.1 101 ");
      nameless.shakeHands();

      for (WebsocketClient each : List.of(nothing, half, early, nameless)) {
        assertThat(each.readAll()).isEmpty();
      }
    }
  }

  @Test
  void resetInTheMiddle_isNoFault() throws IOException {
    byte[] handshake = handshake(port).getBytes(ISO_8859_1);
    for (int i = 0; i < 100; i++) {
      var gone = new WebsocketClient(port);
      gone.sendBytes(Arrays.copyOf(handshake, handshake.length * i / 100));
      gone.reset();
    }
    for (int i = 0; i < 100; i++) {
      var gone = named(port, "gone-" + i);
      byte[] message = gone.encode(new TextWebSocketFrame("x".repeat(100)));
      gone.sendBytes(Arrays.copyOf(message, i + 1));
      gone.reset();
    }
  }

  @Test
  void floodOfOnePeer_dropsNobodyWhoReads() throws Exception {
    try (var alice = named(port, "alice");
        var flood = named(port, "flood")) {
      Thread reader = Thread.startVirtualThread(() -> readQuietly(flood));
      var spam = new ByteArrayOutputStream();
      for (int i = 0; i < 5000; i++) {
        spam.writeBytes(flood.encode(new TextWebSocketFrame("spam " + i)));
      }
      spam.writeBytes(flood.encode(new TextWebSocketFrame("/quit")));
      flood.sendBytes(spam.toByteArray());

      int heard = 0;
      for (String line = alice.hear(); !line.contains("flood left"); line = alice.hear()) {
        if (line.startsWith("<flood>")) {
          assertThat(line).isEqualTo("<flood> spam " + heard);
          heard++;
        }
        assertThat(line).doesNotStartWith("CLOSE");
      }
      assertThat(heard).isEqualTo(5000);
      reader.join();
    }
  }

  private static void readQuietly(WebsocketClient client) {
    try {
      String _ = client.hearUntil("CLOSE");
    } catch (SocketException closed) {
      // the test is over
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  @Test
  void crowd_joinsAtOnceAndResetsAtOnce_othersGoOn() throws Exception {
    try (var alice = named(port, "alice")) {
      Thread reader = Thread.startVirtualThread(() -> readUntilCrowdIsGone(alice));
      List<WebsocketClient> crowd = new ArrayList<>();
      for (int i = 0; i < CROWD; i++) {
        var client = new WebsocketClient(port);
        client.shakeHands();
        client.say("c" + i);
        client.say("hi");
        crowd.add(client);
      }
      for (WebsocketClient client : crowd) {
        assertThat(client.hearUntil("> hi")).endsWith("> hi");
      }
      for (WebsocketClient client : crowd) {
        client.reset();
      }
      reader.join();

      alice.say("/who");
      assertThat(alice.hearUntil(" here")).isEqualTo("* 1 here: alice");
    }
  }

  private static void readUntilCrowdIsGone(WebsocketClient client) {
    try {
      for (int left = 0; left < CROWD; ) {
        left += client.hearUntil(" left").contains(" left") ? 1 : CROWD;
      }
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  @Test
  void morePeersThanAllowed_areRefused() throws IOException {
    List<WebsocketClient> room = new ArrayList<>();
    try {
      for (int i = 0; i < MOST_PEERS; i++) {
        room.add(named(port, "p" + i));
      }
      assertThatThrownBy(() -> named(port, "late")).hasMessage("CLOSE 1008 the room is full");
    } finally {
      for (WebsocketClient each : room) {
        each.close();
      }
    }
    namedWhenThereIsRoom().close();
  }

  private WebsocketClient namedWhenThereIsRoom() throws IOException {
    for (; ; ) {
      try {
        return named(port, "later");
      } catch (IOException full) {
        assertThat(full).hasMessageContaining("full");
      }
    }
  }
}
