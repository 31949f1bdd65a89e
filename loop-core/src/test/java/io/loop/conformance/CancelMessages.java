package io.loop.conformance;

import org.jspecify.annotations.Nullable;

/// Cancel messages that are not strings: asyncio's are any object, the library's are strings, so
/// these travel as marked text.
final class CancelMessages {

  private static final char MARK = '\uE000'; // for private use, so no scenario has it

  private CancelMessages() {}

  static @Nullable String encode(@Nullable Object message) {
    return message == null || message instanceof String
        ? (String) message
        : MARK + Values.text(message, Object::toString);
  }

  static @Nullable Object decode(@Nullable String message) {
    return message != null && !message.isEmpty() && message.charAt(0) == MARK
        ? Json.parse(message.substring(1))
        : message;
  }
}
