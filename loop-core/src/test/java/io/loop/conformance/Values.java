package io.loop.conformance;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The plain values of scenarios: how they are written, compared and judged.
final class Values {

  private Values() {}

  /// A byte string, as the Latin-1 text of its bytes.
  record Bytes(String latin1) {}

  static boolean isTrue(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case String text -> !text.isEmpty();
      case Bytes bytes -> !bytes.latin1().isEmpty();
      case List<?> list -> !list.isEmpty();
      default -> true;
    };
  }

  static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (a == b) {
      return true;
    }
    return switch (a) {
      case Long number -> number.equals(b);
      case String text -> text.equals(b);
      case Boolean flag -> flag.equals(b);
      case Bytes bytes -> bytes.equals(b);
      case List<?> list -> b instanceof List<?> other && equalLists(list, other);
      case null, default -> false;
    };
  }

  private static boolean equalLists(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    Iterator<?> others = b.iterator();
    for (Object item : a) {
      if (!equal(item, others.next())) {
        return false;
      }
    }
    return true;
  }

  /// Compares two integers, two strings by code point, or two lists element by element.
  static int compare(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return x.compareTo(y);
    }
    if (a instanceof String x && b instanceof String y) {
      return compareLists(codePoints(x), codePoints(y));
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return compareLists(x, y);
    }
    throw new UnsupportedScenario("cannot compare " + a + " with " + b);
  }

  private static List<?> codePoints(String text) {
    return text.codePoints().asLongStream().boxed().toList();
  }

  private static int compareLists(List<?> a, List<?> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = compare(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  /// {@return a value as traces show it}
  ///
  /// @param label names what is not plain: tasks, futures and other objects
  static String text(@Nullable Object value, Function<Object, String> label) {
    return switch (value) {
      case null -> "null";
      case Boolean flag -> flag.toString();
      case Long number -> number.toString();
      case String text -> quote(text);
      case Bytes bytes -> "b" + quote(bytes.latin1());
      case List<?> list -> listText(list, label);
      case Throwable fault -> Faults.text(fault);
      default -> "<" + label.apply(value) + ">";
    };
  }

  private static String listText(List<?> list, Function<Object, String> label) {
    List<String> items = new ArrayList<>();
    list.forEach(item -> items.add(text(item, label)));
    return "[" + String.join(", ", items) + "]";
  }

  static String quote(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> {
          if (c < ' ' || c > '~') {
            quoted.append(String.format("\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
