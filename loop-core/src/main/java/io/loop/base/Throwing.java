package io.loop.base;

/// Throws checked exceptions where none is declared (decision D7).
public final class Throwing {

  private Throwing() {}

  /// Throws an exception. Never returns; typed so that a caller can write `throw rethrow(fault)`.
  ///
  /// @param fault the exception
  /// @return nothing
  public static RuntimeException rethrow(Throwable fault) {
    throw Throwing.<RuntimeException>sneak(fault);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
