package io.loop.base;

import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The exception for a call on a thread that is not the loop's.
public final class WrongThread {

  /*
   * The call is found on the stack, so checks need no name. It is the outermost public method of
   * the library in the frames above the check: the method that the program called, not one that
   * this method called.
   */

  private static final String LIBRARY = "io.loop.";
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private WrongThread() {}

  /// {@return the exception for the call that checks, to throw}
  public static IllegalStateException refusal() {
    return new IllegalStateException(
        call()
            + " was called on thread "
            + threadName()
            + ", which is not the thread of its loop. From another thread, use"
            + " loop.callSoonThreadsafe(() -> ...), or Asyncio.runCoroutineThreadsafe if the call"
            + " may suspend.");
  }

  private static String threadName() {
    Thread caller = Thread.currentThread();
    return caller.getName().isEmpty() ? caller.toString() : '"' + caller.getName() + '"';
  }

  private static String call() {
    Optional<StackFrame> outermost = WALKER.walk(WrongThread::outermostCall);
    return outermost
        .map(frame -> typeOf(frame).getSimpleName() + "." + frame.getMethodName() + "()")
        .orElse("A method of the loop");
  }

  private static Optional<StackFrame> outermostCall(Stream<StackFrame> frames) {
    List<StackFrame> calls =
        frames
            .takeWhile(frame -> frame.getClassName().startsWith(LIBRARY))
            .filter(WrongThread::isPublic)
            .toList();
    // the check itself is public, and is the program's call if there is no other
    return calls.isEmpty() ? Optional.empty() : Optional.of(calls.getLast());
  }

  private static boolean isPublic(StackFrame frame) {
    try {
      return Modifier.isPublic(
          frame
              .getDeclaringClass()
              .getDeclaredMethod(frame.getMethodName(), frame.getMethodType().parameterArray())
              .getModifiers());
    } catch (NoSuchMethodException constructor) {
      return false;
    }
  }

  /// {@return the type that a program knows: for a nested type, such as an iterator, the outer
  /// type}
  private static Class<?> typeOf(StackFrame frame) {
    return frame.getDeclaringClass().getNestHost();
  }
}
