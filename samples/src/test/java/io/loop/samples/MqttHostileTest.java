package io.loop.samples;

import static io.loop.samples.MqttClient.connectAs;
import static io.loop.samples.MqttClient.connected;
import static io.loop.samples.MqttClient.publish;
import static io.loop.samples.MqttClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that break the rules; another client must not notice.
@Tag("slow")
class MqttHostileTest {

  private Program server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        Program.start(
            RedisTest.FLAGS,
            "mqtt",
            "--port",
            "0",
            "--max-connections",
            "300",
            "--max-retained",
            "10",
            "--max-subscriptions",
            "10",
            "--queue",
            "50");
    port = server.readPort();
  }

  @AfterEach
  void end() throws Exception {
    try (var other = connected(port, "other")) {
      assertThat(other.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");
    }
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var slow = new MqttClient(port)) {
      slow.socket().setTcpNoDelay(true);
      for (byte each : slow.encode(connectAs("slow").build())) {
        slow.sendBytes(new byte[] {each});
      }
      assertThat(slow.receive()).isEqualTo("CONNACK CONNECTION_ACCEPTED");
      for (byte each : slow.encode(subscribe("a", 1))) {
        slow.sendBytes(new byte[] {each});
      }
      assertThat(slow.receive()).isEqualTo("SUBACK [1]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "474554202f20485454502f312e310d0a0d0a", // GET / HTTP/1.1
        "c000", // PINGREQ before CONNECT
        "10ffffff7f", // a length of 256 MiB
        "10ffffffffff", // a length that does not end
        "100b00044d5154540402003c00", // CONNECT with half a name
        "101000044d51545404ce003c000161000162", // a will, which is missing
        "101400044d515454041e003c00016100017400017700", // a will of quality 3
        "0000",
        "f000",
        "ffffffffffffffff",
      })
  void brokenFirstMessage_isTheEnd(String hex) throws IOException {
    try (var broken = new MqttClient(port)) {
      broken.sendBytes(HexFormat.of().parseHex(hex));
      broken.socket().shutdownOutput();

      assertThatThrownBy(broken::receive).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "320400016100", // PUBLISH with quality 1 and without an id that is complete
        "3403000161", // PUBLISH with quality 2
        "3006000123000178", // PUBLISH to #
        "3002000030", // PUBLISH without a topic
        "40020001", // PUBACK for nothing
        "50020001", // PUBREC
        "820100", // SUBSCRIBE without a filter
        "8000",
        "101000044d5154540402003c000462726f6b", // a second CONNECT
        "30ffffff7f",
        "2002000000",
      })
  void brokenMessage_isTheEnd(String hex) throws IOException {
    try (var broken = connected(port, "brok")) {
      broken.sendBytes(HexFormat.of().parseHex(hex));
      broken.socket().shutdownOutput();

      assertThatThrownBy(broken::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void noise_isTheEnd() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 200; i++) {
      try (var noisy = i % 2 == 0 ? new MqttClient(port) : connected(port, "noisy")) {
        byte[] noise = new byte[1 + random.nextInt(200)];
        random.nextBytes(noise);
        noisy.sendBytes(noise);
      }
    }
  }

  @Test
  void messageOverTheLimit_isTheEnd() throws IOException {
    try (var large = connected(port, "large")) {
      assertThat(large.call(publish("a", 1, false, "x".repeat(60_000)))).isEqualTo("PUBACK 7");

      byte[] tooLarge = large.encode(publish("a", 1, false, "x".repeat(70_000)));
      large.sendBytes(Arrays.copyOf(tooLarge, 5));

      assertThatThrownBy(large::receive).isInstanceOf(IOException.class);
    }
  }

  @Test
  void moreSubscriptionsAndRetainedMessagesThanAllowed_areRefused() throws IOException {
    try (var greedy = connected(port, "greedy")) {
      for (int i = 0; i < 10; i++) {
        assertThat(greedy.call(subscribe("filter/" + i, 1))).isEqualTo("SUBACK [1]");
      }
      assertThat(greedy.call(subscribe("filter/10", 1))).isEqualTo("SUBACK [128]");
      assertThat(greedy.call(subscribe("filter/1", 0))).isEqualTo("SUBACK [0]");
      assertThat(greedy.call(subscribe("a/#/b", 0))).isEqualTo("SUBACK [128]");

      for (int i = 0; i < 20; i++) {
        assertThat(greedy.call(publish("kept/" + i, 1, true, "text"))).isEqualTo("PUBACK 7");
      }
      try (var other = connected(port, "reader")) {
        other.send(subscribe("kept/#", 0));
        List<String> received = new ArrayList<>();
        while (received.size() < 11) { // ten messages and the answer
          received.add(other.receive());
        }
        assertThat(other.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");
      }
    }
  }

  @Test
  void subscriberThatNeverReads_losesMessagesOfQuality0() throws IOException {
    try (var deaf = connected(port, "deaf");
        var other = connected(port, "talker")) {
      deaf.call(subscribe("news", 1));
      String text = "x".repeat(60_000);
      for (int i = 0; i < 500; i++) {
        other.send(publish("news", 0, false, text));
      }
      assertThat(other.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");

      String next = "";
      int received = 0;
      deaf.send(MqttMessage.PINGREQ);
      while (!next.equals("PINGRESP")) {
        next = deaf.receive();
        received++;
      }
      assertThat(received).isLessThan(500);
    }
  }

  @Test
  void subscriberThatNeverAcknowledges_isDisconnected() throws IOException {
    try (var deaf = connected(port, "deaf");
        var other = connected(port, "talker")) {
      deaf.call(subscribe("news", 1));
      for (int i = 0; i < 80; i++) {
        assertThat(other.call(publish("news", 1, false, "text"))).isEqualTo("PUBACK 7");
      }

      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 80; i++) {
                  deaf.receive();
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void publisherThatIsFaster_waitsForTheSubscriber() throws IOException {
    try (var reader = connected(port, "reader");
        var other = connected(port, "talker")) {
      reader.call(subscribe("news", 1));
      for (int i = 0; i < 500; i++) {
        other.send(publish("news", 1, false, "m" + i));
      }

      for (int i = 0; i < 500; i++) {
        assertThat(reader.receive()).isEqualTo("PUBLISH news 1 #" + (i + 1) + " m" + i);
        reader.send(MqttClient.acknowledge(i + 1));
      }
    }
  }

  @Test
  void publisherThatNeverReads_isNotReadFrom() throws Exception {
    try (var other = connected(port, "other-2");
        var codec = new MqttClient(port);
        var deaf =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
      deaf.write(ByteBuffer.wrap(codec.encode(connectAs("deaf").build())));
      deaf.configureBlocking(false);
      byte[] ping = codec.encode(MqttMessage.PINGREQ);

      assertThat(RedisHostileTest.writeUntilStuck(deaf, ping)).isLessThan(100_000_000);
      assertThat(other.call(MqttMessage.PINGREQ)).isEqualTo("PINGRESP");
    }
  }

  @Test
  void resetInTheMiddleOfAMessage_isNoFault() throws IOException {
    for (int i = 0; i < 100; i++) {
      try (var gone = connected(port, "gone")) {
        byte[] message = gone.encode(publish("a", 1, false, "x".repeat(1000)));
        gone.sendBytes(Arrays.copyOf(message, 10 * i + 1));
        gone.socket().setSoLinger(true, 0); // close() sends a reset
      }
    }
  }

  @Test
  void manyAtOnce_areServed_andMoreAreRefused() throws IOException {
    List<MqttClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        clients.add(connected(port, "client-" + i));
        assertThat(clients.getLast().call(subscribe("all", 0))).isEqualTo("SUBACK [0]");
      }
      assertThatThrownBy(() -> connected(port, "too many")).isInstanceOf(IOException.class);

      clients.getFirst().send(publish("all", 0, false, "hello"));
      for (MqttClient each : clients) {
        assertThat(each.receive()).isEqualTo("PUBLISH all 0 hello");
      }
    } finally {
      for (MqttClient each : clients) {
        each.close();
      }
    }
    connectedWhenThereIsRoom().close();
  }

  private MqttClient connectedWhenThereIsRoom() throws IOException {
    for (; ; ) {
      try {
        return connected(port, "later");
      } catch (IOException full) {
        Thread.onSpinWait();
      }
    }
  }
}
