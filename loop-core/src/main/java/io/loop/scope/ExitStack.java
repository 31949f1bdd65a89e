package io.loop.scope;

import io.loop.base.Throwing;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.sync.LoopBinding;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A stack of resources that are closed in reverse order at the end of a scope, for when their
/// number is not known in advance.
///
/// ```java
/// try (var stack = new ExitStack()) {
///   for (String host : hosts) {
///     connections.add(stack.enter(openConnection(host, 80)));
///   }
///   …
/// }
/// ```
///
/// All resources are closed, even if closing some of them fails. The first failure is thrown, and
/// the later ones are added to it as suppressed exceptions, as with nested `try` statements. A
/// cancellation takes precedence over other failures, because a cancelled task should end as
/// cancelled. A [SystemExit] or [KeyboardInterrupt] takes precedence over a cancellation. In a
/// `try` statement, Java itself chooses between a failure of the body and one of closing, and
/// always throws the body's. [#run] and [#call] apply the precedence to both.
///
/// Loop thread and coroutines of one loop only. Closing a resource may await. A cancellation
/// reaches the resource that is awaiting, and the others are still closed.
///
/// Source: `contextlib.AsyncExitStack`, Python 3.15; there the last failure is thrown, and the exit
/// callbacks see the failure of the body.
public final class ExitStack implements AutoCloseable {

  /// The body of a scope.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param stack the stack of resources to close at the end
    /// @return the result
    /// @throws Exception whatever the body throws
    T run(ExitStack stack) throws Exception;
  }

  /// The body of a scope, without a result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param stack the stack of resources to close at the end
    /// @throws Exception whatever the body throws
    void run(ExitStack stack) throws Exception;
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final Deque<Coro.Action> exits = new ArrayDeque<>();

  /// Creates an empty stack.
  public ExitStack() {}

  /// Runs a body with a new stack, and closes the stack. Coroutine only; suspends where the body
  /// and the closing do. Throws what they throw, undeclared (decision D7).
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public static <T extends @Nullable Object> T call(Body<T> body) {
    var stack = new ExitStack();
    T result;
    try {
      result = body.run(stack);
    } catch (Throwable fault) {
      throw Throwing.rethrow(Objects.requireNonNull(stack.closeAll(fault)));
    }
    stack.close();
    return result;
  }

  /// Runs a body without a result with a new stack, and closes the stack. Coroutine only; like
  /// [#call].
  ///
  /// @param body what to run
  public static void run(Action body) {
    @Nullable Void _ =
        call(stack -> {
          body.run(stack);
          return null;
        });
  }

  /// Adds a resource to close. Never suspends.
  ///
  /// No cancellation can occur between an await that returns a resource and this call, so a
  /// resource that was opened is always closed.
  ///
  /// Source: `enter_async_context`.
  ///
  /// @param resource the resource
  /// @param <R> its type
  /// @return the resource
  public <R extends AutoCloseable> R enter(R resource) {
    binding.checkTurn();
    Objects.requireNonNull(resource, "resource");
    exits.push(resource::close);
    return resource;
  }

  /// Adds a callback to run when this stack is closed. It may await. Never suspends.
  ///
  /// Source: `push_async_callback`.
  ///
  /// @param callback the callback
  public void push(Coro.Action callback) {
    binding.checkTurn();
    exits.push(Objects.requireNonNull(callback, "callback"));
  }

  /// {@return a new stack with everything on this one, which is empty afterwards} Never suspends.
  /// Use it to acquire several resources step by step: if a step fails, the earlier ones are
  /// closed; if all succeed, the new stack passes them on.
  ///
  /// Source: `pop_all`.
  public ExitStack popAll() {
    binding.checkTurn();
    var moved = new ExitStack();
    moved.exits.addAll(exits);
    exits.clear();
    return moved;
  }

  /// Closes everything on this stack, last in, first out. Coroutine only if anything on the stack
  /// awaits; suspends where that does. Afterwards the stack is empty and can be reused.
  ///
  /// Throws what closing threw: the same object, undeclared (decision D7).
  ///
  /// Source: `aclose`.
  @Override
  public void close() {
    binding.checkTurn();
    Throwable fault = closeAll(null);
    if (fault != null) {
      throw Throwing.rethrow(fault);
    }
  }

  private @Nullable Throwable closeAll(@Nullable Throwable earlier) {
    Throwable fault = earlier;
    while (true) {
      binding.checkTurn(); // what has just run may have blocked
      Coro.Action exit = exits.poll();
      if (exit == null) {
        return fault;
      }
      try {
        exit.run();
      } catch (Throwable next) {
        fault = combine(fault, next);
      }
    }
  }

  private static Throwable combine(@Nullable Throwable first, Throwable next) {
    if (first == null || first == next) {
      return next;
    }
    boolean isNextFirst = rank(next) > rank(first);
    Throwable thrown = isNextFirst ? next : first;
    thrown.addSuppressed(isNextFirst ? first : next);
    return thrown;
  }

  private static int rank(Throwable fault) {
    if (fault instanceof SystemExit || fault instanceof KeyboardInterrupt) {
      return 2;
    }
    return fault instanceof CancelledError ? 1 : 0;
  }

  @Override
  public String toString() {
    return "<ExitStack " + exits.size() + ">";
  }
}
