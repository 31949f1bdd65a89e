package io.loop.task;

import org.jspecify.annotations.Nullable;

/// Short texts for the descriptions of futures and tasks.
final class Repr {

  private static final int LONGEST = 80;
  private static final String LAMBDA = "$$Lambda";

  private Repr() {}

  /// {@return the value's text, truncated if it is long; a replacement if its toString fails}
  static String value(@Nullable Object value) {
    try {
      return shorten(
          value instanceof LoopFuture<?> future
              ? FutureText.summary(future)
              : String.valueOf(value));
    } catch (Throwable fault) { // a description must not fail
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

  /// {@return the name of a function: its own text, or for a lambda the name of the enclosing
  /// class}
  static String function(Object function) {
    Object inner = unwrap(function);
    return isLambda(inner.getClass()) ? typeName(inner.getClass()) : value(inner);
  }

  /// {@return the class of a function, without the wrappers around it}
  static Class<?> typeOf(Object function) {
    return unwrap(function).getClass();
  }

  private static Object unwrap(Object function) {
    Object inner = function;
    while (inner instanceof DelegatingBody<?> wrapper) {
      inner = wrapper.delegate();
    }
    return inner;
  }

  private static boolean isLambda(Class<?> type) {
    return type.getName().contains(LAMBDA);
  }

  /// {@return the name of a function's class; for a lambda, the name of the enclosing class}
  static String typeName(Class<?> type) {
    String name = type.getName();
    int lambda = name.indexOf(LAMBDA);
    return lambda < 0
        ? name
        : name.substring(name.lastIndexOf('.', lambda) + 1, lambda) + " lambda";
  }
}
