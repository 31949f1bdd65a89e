package io.loop.samples;

import static io.loop.samples.MqttClient.acknowledge;
import static io.loop.samples.MqttClient.connectAs;
import static io.loop.samples.MqttClient.connected;
import static io.loop.samples.MqttClient.publish;
import static io.loop.samples.MqttClient.subscribe;
import static io.loop.samples.MqttClient.unsubscribe;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.io.EOFException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MqttTest {

  private Program server;
  private int port;

  @BeforeAll
  void start() throws IOException {
    server = Program.start(RedisTest.FLAGS, "mqtt", "--port", "0", "--in-flight", "2");
    port = server.readPort();
  }

  @AfterAll
  void end() throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @Test
  void message_reachesTheSubscribersOfItsTopic() throws IOException {
    try (var alice = connected(port, "alice");
        var bob = connected(port, "bob");
        var carol = connected(port, "carol")) {
      assertThat(alice.call(subscribe("room/+/say", 0))).isEqualTo("SUBACK [0]");
      assertThat(bob.call(subscribe("room/#", 1))).isEqualTo("SUBACK [1]");

      assertThat(carol.call(publish("room/1/say", 1, false, "hello"))).isEqualTo("PUBACK 7");
      assertThat(bob.receive()).isEqualTo("PUBLISH room/1/say 1 #1 hello");
      bob.send(acknowledge(1));
      carol.send(publish("room/2/do", 0, false, "wave"));

      assertThat(alice.receive()).isEqualTo("PUBLISH room/1/say 0 hello");
      assertThat(bob.receive()).isEqualTo("PUBLISH room/2/do 0 wave");
    }
  }

  @Test
  void unsubscribed_hearsNoMore() throws IOException {
    try (var alice = connected(port, "alice-2")) {
      alice.call(subscribe("two/a", 0));
      alice.call(subscribe("two/b", 0));
      assertThat(alice.call(unsubscribe("two/a"))).isEqualTo("UNSUBACK 9");

      alice.send(publish("two/a", 0, false, "unheard"));
      alice.send(publish("two/b", 0, false, "heard"));

      assertThat(alice.receive()).isEqualTo("PUBLISH two/b 0 heard");
    }
  }

  @Test
  void retainedMessage_waitsForSubscribers_untilItIsReplacedByNothing() throws IOException {
    try (var alice = connected(port, "alice-3")) {
      alice.send(publish("weather/here", 0, true, "rain"));
      alice.send(publish("weather/there", 0, true, "snow"));
      alice.send(publish("weather/there", 1, true, "sun"));
      assertThat(alice.receive()).isEqualTo("PUBACK 7");

      assertThat(subscribed("weather/#", 2))
          .containsExactlyInAnyOrder(
              "PUBLISH weather/here retained 0 rain", "PUBLISH weather/there retained 1 #1 sun");

      alice.send(publish("weather/here", 0, true, ""));
      alice.call(publish("x", 1, false, "so that it is done"));
      assertThat(subscribed("weather/#", 1))
          .containsExactly("PUBLISH weather/there retained 1 #1 sun");
    }
  }

  private Set<String> subscribed(String filter, int messages) throws IOException {
    try (var bob = connected(port, "bob-3")) {
      bob.send(subscribe(filter, 1));
      Set<String> found = new HashSet<>();
      while (found.size() < messages) {
        String next = bob.receive();
        if (!next.startsWith("SUBACK")) {
          found.add(next);
        }
      }
      return found;
    }
  }

  @Test
  void will_isPublishedUnlessTheClientSaysGoodbye() throws IOException {
    try (var alice = connected(port, "alice-4")) {
      alice.call(subscribe("wills/#", 0));
      var polite = new MqttClient(port);
      polite.connect(withWill("polite"));
      polite.send(MqttMessage.DISCONNECT);
      assertThatThrownBy(polite::receive).isInstanceOf(EOFException.class);
      polite.close();

      var gone = new MqttClient(port);
      gone.connect(withWill("gone"));
      gone.close();

      assertThat(alice.receive()).isEqualTo("PUBLISH wills/gone 0 goodbye");
    }
  }

  private static io.netty.handler.codec.mqtt.MqttMessageBuilders.ConnectBuilder withWill(
      String name) {
    return connectAs(name)
        .willFlag(true)
        .willQoS(MqttQoS.AT_LEAST_ONCE)
        .willTopic("wills/" + name)
        .willMessage("goodbye".getBytes(UTF_8));
  }

  @Test
  void silentClient_isDisconnectedAfterOneAndAHalfTimesItsKeepAlive() throws IOException {
    try (var alice = connected(port, "alice-5");
        var silent = new MqttClient(port)) {
      alice.call(subscribe("wills/silent", 0));
      silent.connect(withWill("silent").keepAlive(1));
      long start = System.nanoTime();
      silent.call(MqttMessage.PINGREQ);

      assertThatThrownBy(silent::receive).isInstanceOf(IOException.class);
      assertThat((System.nanoTime() - start) / 1_000_000).isBetween(1_400L, 20_000L);
      assertThat(alice.receive()).isEqualTo("PUBLISH wills/silent 0 goodbye");
    }
  }

  @Test
  void clientThatPings_staysConnected() throws Exception {
    try (var alive = new MqttClient(port)) {
      alive.connect(connectAs("alive").keepAlive(1));
      for (int i = 0; i < 8; i++) {
        assertThat(alive.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");
        Thread.sleep(300);
      }
    }
  }

  @Test
  void secondClientOfAName_replacesTheFirst() throws IOException {
    try (var first = connected(port, "same");
        var second = connected(port, "same")) {
      assertThatThrownBy(first::receive).isInstanceOf(IOException.class);
      assertThat(second.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");
    }
  }

  @Test
  void unacknowledged_messagesHoldUpTheNextOnes_ofThisClientOnly() throws IOException {
    try (var slow = connected(port, "slow");
        var quick = connected(port, "quick")) {
      slow.call(subscribe("window", 1));
      quick.call(subscribe("window", 0));
      for (int i = 1; i <= 4; i++) {
        quick.send(publish("window", 1, false, "m" + i));
      }
      assertThat(slow.receive()).isEqualTo("PUBLISH window 1 #1 m1");
      assertThat(slow.receive()).isEqualTo("PUBLISH window 1 #2 m2");
      assertThat(slow.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP"); // not m3

      slow.send(acknowledge(2));

      assertThat(slow.receive()).isEqualTo("PUBLISH window 1 #3 m3");
      slow.send(acknowledge(1));
      assertThat(slow.receive()).isEqualTo("PUBLISH window 1 #4 m4");
    }
  }

  @Test
  void connect_thatIsNotSupported_isRefused() throws IOException {
    try (var newer = new MqttClient(port);
        var nameless = new MqttClient(port);
        var anonymous = new MqttClient(port)) {
      assertThat(nameless.connect(connectAs("").cleanSession(false)))
          .isEqualTo("CONNACK CONNECTION_REFUSED_IDENTIFIER_REJECTED");
      assertThat(anonymous.connect(connectAs(""))).isEqualTo("CONNACK CONNECTION_ACCEPTED");
      assertThat(newer.connect(connectAs("newer").protocolVersion(MqttVersion.MQTT_5)))
          .isEqualTo("CONNACK CONNECTION_REFUSED_UNSUPPORTED_PROTOCOL_VERSION");
    }
  }

  @Test
  void sigterm_withClients_endsWithCode0() throws Exception {
    try (var other = Program.start(RedisTest.FLAGS, "mqtt", "--port", "0");
        var client = connected(other.readPort(), "last")) {
      client.call(subscribe("#", 1));

      other.terminate();

      assertThatThrownBy(client::receive).isInstanceOf(EOFException.class);
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors()).isEmpty();
    }
  }
}
