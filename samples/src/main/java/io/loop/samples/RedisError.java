package io.loop.samples;

import java.io.Serial;

/// An error that a client gets as the answer to its request, in Redis's words.
final class RedisError extends Exception {

  @Serial private static final long serialVersionUID = 1;

  /// Creates an error. It has no stack trace: a client can cause any number of them.
  ///
  /// @param message a code and a text: `ERR syntax error`
  RedisError(String message) {
    super(message, null, false, false);
  }

  static RedisError syntax() {
    return new RedisError("ERR syntax error");
  }

  static RedisError expireTime(String command) {
    return new RedisError("ERR invalid expire time in '" + command + "' command");
  }
}
