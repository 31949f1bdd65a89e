package io.loop.event;

import io.loop.context.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A failure that cannot be thrown to any caller, as an exception handler gets it.
///
/// Source: the context dictionary of `loop.call_exception_handler`, Python 3.15; `message` and
/// `exception` are components here, the other keys (`handle`, `task`, `future`, `context`) are
/// entries of `details`. In debug mode `source_traceback`, an [Origin], says where the object was
/// created.
///
/// @param message what happened
/// @param exception what was thrown, if anything was
/// @param details the objects involved, under asyncio's keys
/// @param context the context the handler runs in; null for the current one
public record ExceptionContext(
    String message,
    @Nullable Throwable exception,
    Map<String, Object> details,
    @Nullable Context context) {

  private static final String SOURCE = "source_traceback";

  /// Copies the details.
  public ExceptionContext {
    details = Map.copyOf(details);
  }

  /// Creates one without details.
  ///
  /// @param message what happened
  /// @param exception what was thrown, if anything was
  public ExceptionContext(String message, @Nullable Throwable exception) {
    this(message, exception, Map.of(), null);
  }

  /// {@return this context with the place where the object was created, if that is known}
  ///
  /// @param origin the place; null if it is not known
  public ExceptionContext from(@Nullable Origin origin) {
    if (origin == null) {
      return this;
    }
    Map<String, Object> more = new HashMap<>(details);
    more.put(SOURCE, origin);
    return new ExceptionContext(message, exception, more, context);
  }

  /// {@return the message, then one line for each detail, sorted by name; stacks under a heading}
  ///
  /// @param running where the running handle was created; used if no other origin is known
  String text(@Nullable Origin running) {
    var text = new StringBuilder(message);
    new TreeMap<>(details).forEach((key, value) -> append(text, key, value));
    if (running != null && !details.containsKey(SOURCE)) {
      text.append("\nHandle created at (most recent call first):").append(running);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, String key, Object value) {
    if (value instanceof Origin origin) {
      text.append("\nObject created at (most recent call first):").append(origin);
    } else {
      text.append('\n').append(key).append(": ").append(value);
    }
  }
}
