package io.loop.samples;

import static io.loop.samples.WebsocketClient.handshake;
import static io.loop.samples.WebsocketClient.named;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers that break the rules; another peer must not notice.
@Tag("slow")
class WebsocketHostileTest extends WebsocketFixture {

  private static final int CROWD = 200;
  private static final int MANY_PINGS = 1_000_000;

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
