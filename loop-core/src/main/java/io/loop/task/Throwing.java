package io.loop.task;

/// Throws checked exceptions where none is declared (decision D7).
final class Throwing {

  private Throwing() {}

  /// Never returns; typed so that a caller can write `throw rethrow(fault)`.
  static RuntimeException rethrow(Throwable fault) {
    throw Throwing.<RuntimeException>sneak(fault);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
