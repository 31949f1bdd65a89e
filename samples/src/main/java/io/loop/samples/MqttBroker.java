package io.loop.samples;

import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What all clients share: who is there, who has subscribed to what, and the retained messages.
///
/// Everything runs on one loop, so nothing needs a lock.
final class MqttBroker {

  /// A message of a client.
  ///
  /// @param topic where it was published
  /// @param payload its content; must not be changed
  /// @param quality how surely it is delivered
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Post(String topic, byte[] payload, MqttQoS quality) {}

  private final int mostRetained;
  private final Map<String, MqttSession> sessions = new HashMap<>();
  private final MqttTopics<MqttSession> topics = new MqttTopics<>();
  private final Map<String, Post> retained = new LinkedHashMap<>();

  /// Creates a broker.
  ///
  /// @param mostRetained how many messages it retains
  MqttBroker(int mostRetained) {
    this.mostRetained = mostRetained;
  }

  /// Adds a session. One with the same name ends, because a client that lost its connection may be
  /// back before that is noticed.
  void enter(String client, MqttSession session) {
    MqttSession old = sessions.put(client, session);
    if (old != null) {
      old.drop("its client has connected again");
    }
  }

  void leave(String client, MqttSession session) {
    sessions.remove(client, session);
  }

  void subscribe(String filter, MqttSession session, MqttQoS quality) {
    topics.add(filter, session, quality);
  }

  void unsubscribe(String filter, MqttSession session) {
    topics.remove(filter, session);
  }

  /// {@return the retained messages that a filter matches}
  List<Post> retained(String filter) {
    return retained.values().stream()
        .filter(post -> MqttTopics.matches(filter, post.topic()))
        .toList();
  }

  /// Retains a message for future subscribers, in place of the one before it. An empty one only
  /// removes that. When there are too many, a message of a new topic is not retained.
  void retain(Post post) {
    if (post.payload().length == 0) {
      retained.remove(post.topic());
    } else if (retained.containsKey(post.topic()) || retained.size() < mostRetained) {
      retained.put(post.topic(), post);
    }
  }

  /// Passes a message to all subscribers. Never suspends.
  ///
  /// @return the subscribers
  Set<MqttSession> publish(Post post) {
    Map<MqttSession, MqttQoS> subscribers = topics.matching(post.topic());
    subscribers.forEach((session, quality) -> session.offer(post, quality));
    return subscribers.keySet();
  }
}
