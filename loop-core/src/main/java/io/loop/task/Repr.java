package io.loop.task;

import org.jspecify.annotations.Nullable;

/// Short texts of things for the descriptions of futures and tasks.
final class Repr {

  private static final int LONGEST = 80;
  private static final String LAMBDA = "$$Lambda";

  private Repr() {}

  /// {@return the value's own text, cut if it is long; a text that cannot be had is replaced}
  static String value(@Nullable Object value) {
    try {
      return shorten(
          value instanceof LoopFuture<?> future ? future.summary() : String.valueOf(value));
    } catch (RuntimeException | StackOverflowError fault) { // a description must not fail
      return "<" + className(value) + " whose toString failed with " + className(fault) + ">";
    }
  }

  private static String shorten(String text) {
    return text.length() <= LONGEST
        ? text
        : text.substring(0, LONGEST / 2) + "..." + text.substring(text.length() - LONGEST / 4);
  }

  private static String className(@Nullable Object value) {
    return value == null ? "null" : value.getClass().getName();
  }

  /// {@return the name of a function: its own text, or for a lambda the class it stands in}
  static String function(Object function) {
    String type = function.getClass().getName();
    int lambda = type.indexOf(LAMBDA);
    if (lambda < 0) {
      return value(function);
    }
    return type.substring(type.lastIndexOf('.', lambda) + 1, lambda) + " lambda";
  }
}
