package io.loop.conformance;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A JSON object: a scenario, a body, an op or a clause of one.
record Node(Map<String, @Nullable Object> fields) {

  boolean has(String field) {
    return fields.containsKey(field);
  }

  /// {@return whether a field is there and not null} An expression may be null; a name may not.
  boolean names(String field) {
    return fields.get(field) != null;
  }

  /// {@return a field as it stands; an expression has yet to be evaluated}
  @Nullable Object raw(String field) {
    return fields.get(field);
  }

  String text(String field) {
    if (fields.get(field) instanceof String text) {
      return text;
    }
    throw new UnsupportedScenario(
        "field " + field + " of " + fields.get("op") + " is not a string");
  }

  boolean flag(String field) {
    return Boolean.TRUE.equals(fields.get(field));
  }

  List<?> list(String field) {
    return switch (fields.get(field)) {
      case null -> List.of();
      case List<?> list -> list;
      default ->
          throw new UnsupportedScenario(
              "field " + field + " of " + fields.get("op") + " is not a list");
    };
  }

  /// {@return a list of ops, clauses or scenarios}
  List<Node> nodes(String field) {
    return nodes(list(field));
  }

  static List<Node> nodes(List<?> list) {
    return list.stream().map(Node.class::cast).toList();
  }
}
