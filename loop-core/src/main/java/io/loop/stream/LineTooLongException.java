package io.loop.stream;

import java.io.IOException;
import java.io.Serial;

/// A line was longer than a reader's limit. The part of it that had arrived was dropped.
///
/// Source: the ValueError of `StreamReader.readline`, Python 3.15.
public final class LineTooLongException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  LineTooLongException(LimitOverrunException cause) {
    super(cause.getMessage(), cause);
  }
}
