package io.loop.scope;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.sync.LoopBinding;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Things to close at the end of a scope, in reverse order, when their number is not known before.
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
/// All are closed, whatever each of them throws. A failure does not hide another: the first one is
/// thrown, with the later ones suppressed in it, as nested `try` statements do it. A cancellation
/// goes before all other failures, since a task that was cancelled should end so; a [SystemExit] or
/// a [KeyboardInterrupt] goes before a cancellation. In a `try` statement, Java decides between a
/// failure of the body and one of closing: the body's is thrown, whatever it is. [#run] and [#call]
/// know both.
///
/// Loop thread and coroutines of one loop only. What is closed may await; a cancellation reaches
/// the one that awaits, and the others are closed nevertheless.
///
/// Source: `contextlib.AsyncExitStack`, Python 3.15; there the last failure is thrown, and what is
/// closed sees the failure of the body.
public final class ExitStack implements AutoCloseable {

  /// What runs in a scope.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param stack what to close at the end
    /// @return the result
    /// @throws Exception whatever the body lets out
    T run(ExitStack stack) throws Exception;
  }

  /// What runs in a scope and has no result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param stack what to close at the end
    /// @throws Exception whatever the body lets out
    void run(ExitStack stack) throws Exception;
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final Deque<Coro.Action> exits = new ArrayDeque<>();

  /// Makes an empty stack.
  public ExitStack() {}

  /// Runs a body, and closes what it has put on a stack. Coroutine only; suspends where the body
  /// and what it closes do. Throws what they throw, undeclared (decision D7).
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
      throw rethrow(stack.closeAll(fault));
    }
    stack.close();
    return result;
  }

  /// Runs a body without a result, and closes what it has put on a stack. Coroutine only; as
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

  /// Puts something on this stack that is to be closed. Never suspends.
  ///
  /// Nothing can be cancelled between an await that returns a resource and this: what was opened is
  /// closed.
  ///
  /// Source: `enter_async_context`.
  ///
  /// @param resource what to close
  /// @param <R> its type
  /// @return the resource
  public <R extends AutoCloseable> R enter(R resource) {
    binding.checkTurn();
    Objects.requireNonNull(resource, "resource");
    exits.push(resource::close);
    return resource;
  }

  /// Puts something on this stack that is to be run at its end, and may await. Never suspends.
  ///
  /// Source: `push_async_callback`.
  ///
  /// @param callback what to run
  public void push(Coro.Action callback) {
    binding.checkTurn();
    exits.push(Objects.requireNonNull(callback, "callback"));
  }

  /// {@return a new stack with all that is on this one, which is empty afterwards} Never suspends.
  /// For something that is built step by step: what was opened is closed if a later step fails, and
  /// handed on if none does.
  ///
  /// Source: `pop_all`.
  public ExitStack popAll() {
    binding.checkTurn();
    var moved = new ExitStack();
    moved.exits.addAll(exits);
    exits.clear();
    return moved;
  }

  /// Closes all that is on this stack, the last first. Coroutine only, if anything on it awaits;
  /// suspends where that does. Afterwards the stack is empty and can be used again.
  ///
  /// Throws what closing threw, the very object, undeclared (decision D7).
  ///
  /// Source: `aclose`.
  @Override
  public void close() {
    binding.checkTurn();
    Throwable fault = closeAll(null);
    if (fault != null) {
      throw rethrow(fault);
    }
  }

  private @Nullable Throwable closeAll(@Nullable Throwable earlier) {
    Throwable fault = earlier;
    for (Coro.Action exit; (exit = exits.poll()) != null; ) {
      try {
        exit.run();
      } catch (Throwable next) {
        fault = combine(fault, next);
      }
    }
    return fault;
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

  /// Never returns; typed so that a caller can write `throw rethrow(fault)`.
  private static RuntimeException rethrow(@Nullable Throwable fault) {
    throw ExitStack.<RuntimeException>sneak(Objects.requireNonNull(fault));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }

  @Override
  public String toString() {
    return "<ExitStack " + exits.size() + ">";
  }
}
