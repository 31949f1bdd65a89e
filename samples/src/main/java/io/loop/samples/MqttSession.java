package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.samples.MqttBroker.Post;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.sync.Event;
import io.loop.sync.Queue;
import io.loop.sync.Semaphore;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.Serial;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One client: what it publishes, and what it has subscribed to. A session ends with its
/// connection.
final class MqttSession {

  /*
   *   reader ---broker.publish---> `waiting` of each subscriber ---its writer---> its connection
   *
   * The writer of a session waits while its client does not read, and while too many messages that
   * the client has to acknowledge are not acknowledged. When half of `waiting` is full, publishers
   * wait for it, but not longer than PATIENCE. After that the client is slow, and publishers do not
   * wait for it until it has caught up. When `waiting` is full, a message of quality 0 is left out, and for one of quality 1,
   * which must not be lost, the client is disconnected.
   *
   *   QUICK --half full--> CROWDED --PATIENCE--> SLOW
   *     ^---- half empty ----+----------------------+
   */

  /// What a client may ask of the broker.
  ///
  /// @param waiting how many messages may wait for it
  /// @param unacknowledged how many it may leave unacknowledged
  /// @param subscriptions how many it may have
  /// @param silence how long it may be silent, whatever it has announced
  record Limits(int waiting, int unacknowledged, int subscriptions, Duration silence) {}

  /// The client broke the protocol, which ends its connection.
  private static final class ProtocolError extends Exception {
    @Serial private static final long serialVersionUID = 1;

    ProtocolError(String message) {
      super(message, null, false, false);
    }
  }

  private static final System.Logger LOG = System.getLogger("io.loop.samples.mqtt");
  private static final int VERSION_5 = 5;
  private static final int MOST_IDS = 65_535;

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final CoroutineChannel<MqttMessage> channel;
  private final MqttBroker broker;
  private final Limits limits;
  private final Set<String> filters = new HashSet<>();
  private final Queue<List<Outgoing>> waiting;
  private final Event room = new Event(); // in `waiting`, for more than half of it
  private final Semaphore window;
  private final Set<Integer> unacknowledged = new HashSet<>();
  private boolean slow;
  private int lastId;
  private @Nullable Post will;
  private boolean retainsWill;
  private boolean leaving; // it has said so

  /// A message on its way to this client.
  ///
  /// @param post the message
  /// @param quality how surely it is delivered
  /// @param retained whether it was published before the subscription
  private record Outgoing(Post post, MqttQoS quality, boolean retained) {}

  MqttSession(CoroutineChannel<MqttMessage> channel, MqttBroker broker, Limits limits) {
    this.channel = channel;
    this.broker = broker;
    this.limits = limits;
    this.waiting = new Queue<>(limits.waiting());
    this.window = new Semaphore(limits.unacknowledged());
    room.set();
  }

  /// Serves the client until one of the two ends the connection.
  void serve() throws IOException {
    try {
      MqttMessage first = channel.receive();
      if (first != null) {
        try {
          enter(first);
        } finally {
          ReferenceCountUtil.release(first);
        }
      }
    } catch (ProtocolError error) {
      LOG.log(Level.DEBUG, () -> channel + ": " + error.getMessage());
    }
  }

  private void enter(MqttMessage first) throws IOException, ProtocolError {
    requireDecoded(first);
    if (!(first instanceof MqttConnectMessage connect)) {
      throw new ProtocolError("the first message is " + first.fixedHeader().messageType());
    }
    MqttConnectReturnCode obstacle = obstacle(connect);
    if (obstacle != null) {
      channel.send(MqttMessageBuilders.connAck().returnCode(obstacle).build());
      return;
    }
    String name = connect.payload().clientIdentifier();
    String client = name.isEmpty() ? "anonymous-" + UUID.randomUUID() : name;
    rememberWill(connect);
    broker.enter(client, this);
    try {
      channel.write(
          MqttMessageBuilders.connAck()
              .returnCode(MqttConnectReturnCode.CONNECTION_ACCEPTED)
              .build());
      converse(silence(connect));
    } finally {
      broker.leave(client, this);
      filters.forEach(filter -> broker.unsubscribe(filter, this));
      room.set();
      publishWill();
    }
  }

  private static @Nullable MqttConnectReturnCode obstacle(MqttConnectMessage connect) {
    if (connect.variableHeader().version() >= VERSION_5) {
      return MqttConnectReturnCode.CONNECTION_REFUSED_UNSUPPORTED_PROTOCOL_VERSION;
    }
    boolean nameless = connect.payload().clientIdentifier().isEmpty();
    return nameless && !connect.variableHeader().isCleanSession()
        ? MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED
        : null;
  }

  private void rememberWill(MqttConnectMessage connect) throws ProtocolError {
    if (connect.variableHeader().isWillFlag()) {
      String topic = requireTopic(connect.payload().willTopic());
      int quality = connect.variableHeader().willQos();
      if (quality > MqttQoS.EXACTLY_ONCE.value()) {
        throw new ProtocolError("the will has the quality " + quality);
      }
      byte[] text = connect.payload().willMessageInBytes();
      will = new Post(topic, text, MqttQoS.valueOf(quality));
      retainsWill = connect.variableHeader().isWillRetain();
    }
  }

  private void publishWill() {
    Post last = will;
    if (last != null) {
      if (retainsWill) {
        broker.retain(last);
      }
      broker.publish(last);
    }
  }

  /// {@return how long the client may be silent: one and a half times what it has announced}
  private Duration silence(MqttConnectMessage connect) {
    int seconds = connect.variableHeader().keepAliveTimeSeconds();
    Duration announced = Duration.ofMillis(seconds * 1500L);
    return seconds == 0 || announced.compareTo(limits.silence()) > 0 ? limits.silence() : announced;
  }

  /// Two tasks, one for each direction. Why the client goes matters only to a log.
  private void converse(Duration silence) {
    TaskGroup.run(group -> {
      group.createTask(this::deliverAll);
      try {
        listen(silence);
      } catch (TimeoutException silent) {
        drop("it is silent for too long");
      } catch (ProtocolError | IOException failed) {
        drop(String.valueOf(failed.getMessage()));
      }
      group.cancel();
    });
  }

  private void listen(Duration silence) throws IOException, TimeoutException, ProtocolError {
    Timeout.after(silence)
        .run(timeout -> {
          boolean more = true;
          while (more) {
            more = channel.receive(this::take) && !leaving;
            timeout.rescheduleAfter(silence);
            channel.drain(); // waits while the client does not read the acknowledgements
          }
        });
  }

  private void take(MqttMessage message) throws ProtocolError {
    requireDecoded(message);
    switch (message) {
      case MqttPublishMessage publish -> publish(publish);
      case MqttSubscribeMessage subscribe -> subscribe(subscribe);
      case MqttUnsubscribeMessage unsubscribe -> unsubscribe(unsubscribe);
      default -> takeSmall(message);
    }
  }

  private void takeSmall(MqttMessage message) throws ProtocolError {
    MqttMessageType type = message.fixedHeader().messageType();
    switch (type) {
      case PUBACK ->
          acknowledged(((MqttMessageIdVariableHeader) message.variableHeader()).messageId());
      case PINGREQ -> channel.write(MqttMessage.PINGRESP);
      case DISCONNECT -> {
        will = null;
        leaving = true;
      }
      default -> throw new ProtocolError(type + " is not expected");
    }
  }

  private static void requireDecoded(MqttMessage message) throws ProtocolError {
    if (message.decoderResult().isFailure()) {
      throw new ProtocolError(String.valueOf(message.decoderResult().cause().getMessage()));
    }
  }

  private static String requireTopic(String topic) throws ProtocolError {
    if (topic.isEmpty()
        || !MqttTopics.isTopic(topic)
        || topic.contains("#")
        || topic.contains("+")) {
      throw new ProtocolError("the topic is not valid");
    }
    return topic;
  }

  private void publish(MqttPublishMessage message) throws ProtocolError {
    MqttFixedHeader header = message.fixedHeader();
    if (header.qosLevel().value() > MqttQoS.AT_LEAST_ONCE.value()) {
      throw new ProtocolError("messages of quality 2 are not supported");
    }
    String topic = requireTopic(message.variableHeader().topicName());
    var post = new Post(topic, ByteBufUtil.getBytes(message.payload()), header.qosLevel());
    if (header.isRetain()) {
      broker.retain(post);
    }
    for (MqttSession subscriber : broker.publish(post)) {
      if (subscriber != this) { // or this could not read the acknowledgements
        subscriber.awaitRoom();
      }
    }
    if (post.quality() == MqttQoS.AT_LEAST_ONCE) {
      int id = message.variableHeader().packetId();
      channel.write(MqttMessageBuilders.pubAck().packetId(id).build());
    }
  }

  private void subscribe(MqttSubscribeMessage message) {
    var answer = MqttMessageBuilders.subAck().packetId(message.variableHeader().messageId());
    for (MqttTopicSubscription each : message.payload().topicSubscriptions()) {
      answer.addGrantedQos(subscribe(each.topicFilter(), each.qualityOfService()));
    }
    channel.write(answer.build());
  }

  /// {@return the quality of service that the client gets; a failure if it gets none}
  private MqttQoS subscribe(String filter, MqttQoS wanted) {
    boolean more = !filters.contains(filter);
    if (!MqttTopics.isFilter(filter) || (more && filters.size() >= limits.subscriptions())) {
      return MqttQoS.FAILURE;
    }
    MqttQoS quality = wanted == MqttQoS.AT_MOST_ONCE ? wanted : MqttQoS.AT_LEAST_ONCE;
    filters.add(filter);
    broker.subscribe(filter, this, quality);
    offer(
        broker.retained(filter).stream()
            .map(post -> new Outgoing(post, lower(post.quality(), quality), true))
            .toList());
    return quality;
  }

  private static MqttQoS lower(MqttQoS a, MqttQoS b) {
    return a.value() < b.value() ? a : b;
  }

  private void unsubscribe(MqttUnsubscribeMessage message) {
    for (String filter : message.payload().topics()) {
      if (filters.remove(filter)) {
        broker.unsubscribe(filter, this);
      }
    }
    int id = message.variableHeader().messageId();
    channel.write(MqttMessageBuilders.unsubAck().packetId(id).build());
  }

  private void acknowledged(int id) throws ProtocolError {
    if (!unacknowledged.remove(id)) {
      throw new ProtocolError("nothing with the id " + id + " was sent");
    }
    window.release();
  }

  /// Lets a message wait for this client. Never suspends.
  void offer(Post post, MqttQoS quality) {
    offer(List.of(new Outgoing(post, lower(post.quality(), quality), false)));
  }

  private void offer(List<Outgoing> messages) {
    if (messages.isEmpty()) {
      return;
    }
    if (!waiting.isFull()) {
      waiting.putNowait(messages);
      if (waiting.size() > limits.waiting() / 2) {
        room.clear();
      }
    } else if (messages.stream().anyMatch(each -> each.quality() != MqttQoS.AT_MOST_ONCE)) {
      drop("it is too slow, " + waiting.maxSize() + " messages were waiting");
    }
  }

  /// Waits while this client is busy, unless it is too slow to wait for.
  private void awaitRoom() {
    if (!slow && !room.isSet()) {
      slow = !Asyncio.moveOnAfter(PATIENCE, room::await);
    }
  }

  /// Ends the connection immediately.
  void drop(String why) {
    room.set();
    LOG.log(Level.DEBUG, () -> channel + " is dropped: " + why);
    channel.abort();
  }

  private void deliverAll() {
    try {
      for (; ; ) {
        for (Outgoing each : waiting.get()) {
          deliver(each);
        }
        if (waiting.size() <= limits.waiting() / 2) {
          room.set();
          slow = false;
        }
      }
    } catch (IOException lost) {
      drop(String.valueOf(lost.getMessage())); // so that the reader ends too
    }
  }

  private void deliver(Outgoing message) throws IOException {
    int id = 0;
    if (message.quality() == MqttQoS.AT_LEAST_ONCE) {
      window.acquire();
      id = nextId();
      unacknowledged.add(id);
    }
    channel.write(
        MqttMessageBuilders.publish()
            .topicName(message.post().topic())
            .qos(message.quality())
            .retained(message.retained())
            .messageId(id)
            .payload(Unpooled.wrappedBuffer(message.post().payload()))
            .build());
    channel.drain();
  }

  /// {@return an id that no unacknowledged message has}
  private int nextId() {
    do {
      lastId = lastId % MOST_IDS + 1;
    } while (unacknowledged.contains(lastId));
    return lastId;
  }
}
