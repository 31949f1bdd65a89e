package io.loop.netty.base;

/// Throws the exception that a pipeline failed with: the same object, undeclared.
public final class Rethrow {

  private Rethrow() {}

  /// Never returns; declared to return something so that the caller can say `throw`.
  public static RuntimeException unchecked(Throwable fault) {
    throw Rethrow.<RuntimeException>as(fault);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the cast is the point
  private static <X extends Throwable> X as(Throwable fault) throws X {
    throw (X) fault;
  }
}
