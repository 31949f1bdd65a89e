package io.loop.event;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What an exception handler is told about something that went wrong with nobody to tell.
///
/// Source: the context dictionary of `loop.call_exception_handler`, Python 3.15; `message` and
/// `exception` are components here, the other keys (`handle`, `task`, `future`, `context`) are
/// entries of `details`.
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

  /// Copies the details.
  public ExceptionContext {
    details = Map.copyOf(details);
  }

  /// Makes one without details.
  ///
  /// @param message what happened
  /// @param exception what was thrown, if anything was
  public ExceptionContext(String message, @Nullable Throwable exception) {
    this(message, exception, Map.of(), null);
  }

  /// {@return the message, then the details sorted by name, a line each}
  String text() {
    var text = new StringBuilder(message);
    new TreeMap<>(details).forEach((k, v) -> text.append('\n').append(k).append(": ").append(v));
    return text.toString();
  }
}
