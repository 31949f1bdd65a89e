package io.loop.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageBuilders.ConnectBuilder;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/// Talks to the sample `mqtt` over a plain socket, and shows what it receives as text.
final class MqttClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final EmbeddedChannel codec =
      new EmbeddedChannel(new MqttDecoder(1 << 20), MqttEncoder.INSTANCE);

  MqttClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /// Connects with a name.
  static MqttClient connected(int port, String name) throws IOException {
    var client = new MqttClient(port);
    String answer = client.connect(connectAs(name));
    if (!answer.equals("CONNACK CONNECTION_ACCEPTED")) {
      throw new IOException(answer);
    }
    return client;
  }

  static ConnectBuilder connectAs(String name) {
    return MqttMessageBuilders.connect()
        .protocolVersion(MqttVersion.MQTT_3_1_1)
        .clientId(name)
        .cleanSession(true)
        .keepAlive(60);
  }

  Socket socket() {
    return socket;
  }

  String connect(ConnectBuilder message) throws IOException {
    return call(message.build());
  }

  String call(MqttMessage message) throws IOException {
    send(message);
    return receive();
  }

  void send(MqttMessage message) throws IOException {
    sendBytes(encode(message));
  }

  byte[] encode(MqttMessage message) {
    codec.writeOutbound(message);
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf part; (part = codec.readOutbound()) != null; part.release()) {
      all.writeBytes(part);
    }
    return ByteBufUtil.getBytes(all);
  }

  void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  static MqttMessage publish(String topic, int quality, boolean retained, String text) {
    return MqttMessageBuilders.publish()
        .topicName(topic)
        .qos(MqttQoS.valueOf(quality))
        .retained(retained)
        .messageId(quality == 0 ? 0 : 7)
        .payload(Unpooled.copiedBuffer(text, UTF_8))
        .build();
  }

  static MqttMessage subscribe(String filter, int quality) {
    return MqttMessageBuilders.subscribe()
        .messageId(8)
        .addSubscription(MqttQoS.valueOf(quality), filter)
        .build();
  }

  static MqttMessage unsubscribe(String filter) {
    return MqttMessageBuilders.unsubscribe().messageId(9).addTopicFilter(filter).build();
  }

  static MqttMessage acknowledge(int id) {
    return MqttMessageBuilders.pubAck().packetId(id).build();
  }

  /// {@return the next message: `PUBLISH topic quality text`, with `retained` and the id}
  String receive() throws IOException {
    MqttMessage message;
    byte[] block = new byte[8192];
    while ((message = codec.readInbound()) == null) {
      int length = socket.getInputStream().read(block);
      if (length < 0) {
        throw new EOFException("the broker closed the connection");
      }
      codec.writeInbound(Unpooled.copiedBuffer(block, 0, length));
    }
    if (message.decoderResult().isFailure()) {
      throw new IOException(message.decoderResult().cause());
    }
    String type = message.fixedHeader().messageType().toString();
    return switch (message) {
      case MqttConnAckMessage answer -> type + " " + answer.variableHeader().connectReturnCode();
      case MqttSubAckMessage answer -> type + " " + answer.payload().grantedQoSLevels();
      case MqttPublishMessage publish -> type + " " + text(publish);
      default ->
          message.variableHeader() instanceof MqttMessageIdVariableHeader id
              ? type + " " + id.messageId()
              : type;
    };
  }

  private static String text(MqttPublishMessage message) {
    int quality = message.fixedHeader().qosLevel().value();
    String text =
        message.variableHeader().topicName()
            + (message.fixedHeader().isRetain() ? " retained " : " ")
            + quality
            + (quality > 0 ? " #" + message.variableHeader().packetId() + " " : " ")
            + message.payload().toString(UTF_8);
    message.release();
    return text;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    codec.finishAndReleaseAll();
  }
}
