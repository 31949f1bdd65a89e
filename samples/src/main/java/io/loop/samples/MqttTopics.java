package io.loop.samples;

import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who has subscribed to what: a tree of the levels of the filters.
///
/// @param <S> the subscribers
final class MqttTopics<S> {

  private static final int MOST_LEVELS = 32; // matching calls itself for each
  private static final int LONGEST = 1024;

  private static final class Node<S> {
    private final Map<String, Node<S>> below = new HashMap<>(2);
    private final Map<S, MqttQoS> subscribers = new LinkedHashMap<>(2);
  }

  private final Node<S> root = new Node<>();

  /// {@return whether a topic is short enough to be used here} The codec checks the characters.
  static boolean isTopic(String topic) {
    return topic.length() <= LONGEST
        && topic.indexOf('\0') < 0
        && levels(topic).size() <= MOST_LEVELS;
  }

  /// {@return whether a filter is valid: `#` stands for the last levels, `+` for one level}
  static boolean isFilter(String filter) {
    List<String> levels = levels(filter);
    for (int i = 0; i < levels.size(); i++) {
      String level = levels.get(i);
      boolean wildcard = level.equals("+") || (level.equals("#") && i == levels.size() - 1);
      if (!wildcard && (level.contains("#") || level.contains("+"))) {
        return false;
      }
    }
    return !filter.isEmpty() && isTopic(filter);
  }

  /// {@return whether a filter matches a topic}
  static boolean matches(String filter, String topic) {
    var one = new MqttTopics<String>();
    one.add(filter, filter, MqttQoS.AT_MOST_ONCE);
    return !one.matching(topic).isEmpty();
  }

  private static List<String> levels(String topic) {
    return List.of(topic.split("/", -1));
  }

  /// Adds a subscription, or changes its quality of service.
  ///
  /// @param filter valid
  void add(String filter, S subscriber, MqttQoS quality) {
    Node<S> node = root;
    for (String level : levels(filter)) {
      node = node.below.computeIfAbsent(level, _ -> new Node<>());
    }
    node.subscribers.put(subscriber, quality);
  }

  void remove(String filter, S subscriber) {
    remove(root, levels(filter), subscriber);
  }

  private static <S> void remove(Node<S> node, List<String> levels, S subscriber) {
    if (levels.isEmpty()) {
      node.subscribers.remove(subscriber);
      return;
    }
    Node<S> next = node.below.get(levels.getFirst());
    if (next != null) {
      remove(next, levels.subList(1, levels.size()), subscriber);
      if (next.below.isEmpty() && next.subscribers.isEmpty()) {
        node.below.remove(levels.getFirst());
      }
    }
  }

  /// {@return the subscribers of a topic, each once, with the highest quality of service}
  Map<S, MqttQoS> matching(String topic) {
    Map<S, MqttQoS> found = new LinkedHashMap<>();
    List<String> levels = levels(topic);
    if (topic.startsWith("$")) { // a wildcard at the first level does not include these
      collect(root.below.get(levels.getFirst()), levels.subList(1, levels.size()), found);
    } else {
      collect(root, levels, found);
    }
    return found;
  }

  private static <S> void collect(
      @Nullable Node<S> node, List<String> levels, Map<S, MqttQoS> found) {
    if (node == null) {
      return;
    }
    addAll(node.below.get("#"), found); // which stands for no level, too
    if (levels.isEmpty()) {
      addAll(node, found);
    } else {
      List<String> rest = levels.subList(1, levels.size());
      collect(node.below.get(levels.getFirst()), rest, found);
      collect(node.below.get("+"), rest, found);
    }
  }

  private static <S> void addAll(@Nullable Node<S> node, Map<S, MqttQoS> found) {
    if (node != null) {
      node.subscribers.forEach((subscriber, quality) ->
          found.merge(subscriber, quality, (a, b) -> a.value() > b.value() ? a : b));
    }
  }
}
