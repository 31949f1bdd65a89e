package io.loop.samples;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The channels of PUBLISH and SUBSCRIBE, with their subscribers.
final class RedisTopics {

  /// A connection that receives what is published.
  interface Subscriber {

    /// Sends a message. Never waits.
    ///
    /// @return false if it reads too slowly
    boolean deliver(String topic, byte[] text);

    /// It is too slow: closes its connection, and leaves all its topics.
    void drop();
  }

  private final Map<String, Set<Subscriber>> topics = new HashMap<>();

  void join(String topic, Subscriber subscriber) {
    topics.computeIfAbsent(topic, _ -> new LinkedHashSet<>()).add(subscriber);
  }

  void leave(String topic, Subscriber subscriber) {
    topics.computeIfPresent(
        topic,
        (_, subscribers) -> {
          subscribers.remove(subscriber);
          return subscribers.isEmpty() ? null : subscribers;
        });
  }

  /// Sends a message to all subscribers, and drops those that do not read.
  ///
  /// @return how many it was sent to
  int publish(String topic, byte[] text) {
    Set<Subscriber> subscribers = topics.getOrDefault(topic, Set.of());
    List<Subscriber> slow = new ArrayList<>(0);
    for (Subscriber subscriber : subscribers) {
      if (!subscriber.deliver(topic, text)) {
        slow.add(subscriber);
      }
    }
    int reached = subscribers.size() - slow.size();
    slow.forEach(Subscriber::drop);
    return reached;
  }
}
