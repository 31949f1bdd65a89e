package io.loop.scope;

import io.loop.event.Loop;
import io.loop.sync.LoopBinding;
import io.loop.task.CancelledError;
import io.loop.task.InnerTask;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// An iterable whose values are produced on demand by a coroutine.
///
/// ```java
/// try (var lines = Generator.<String>of(out -> { … out.emit(line); … })) {
///   for (String line : lines) { … }
/// }
/// ```
///
/// The body runs only while the `for` loop waits for a value: it starts when the first value is
/// requested, stops in [Emitter#emit], and resumes when the next value is requested. There is no
/// queue. Nothing else runs between two values unless the body or the `for` loop awaits something.
/// Generators can be chained to any length; in a long chain, each value takes one more tick for
/// about every thirty generators.
///
/// Close a generator if the `for` loop may be left early. [Emitter#emit] then throws a
/// [CancelledError] in the body, whose `finally` blocks run and may await, and [#close] waits until
/// the body finishes.
///
/// If a task is cancelled while it waits for a value, the body is cancelled at its current await,
/// as if it were the task's own code. An exception of the body is thrown to the consumer: the same
/// object, undeclared (decision D7). After that there are no more values.
///
/// Loop thread and coroutines of one loop only, by one task at a time. Requesting a value and
/// closing are for coroutines only, and suspend where the body does. The body runs in the context
/// of the task that requests the first value, in the context itself and not in a copy.
///
/// Source: an asynchronous generator and `async for`, Python 3.15. Here the body is a separate
/// task, so a timeout inside it applies to the body only. There is no `asend` or `athrow`.
///
/// @param <T> the type of the values
public final class Generator<T extends @Nullable Object> implements Iterable<T>, AutoCloseable {

  /*
   * The body is an InnerTask, driven by the task that requests a value (the asker). If the body
   * awaits something else meanwhile, the asker waits for `arrival`, which is settled by the next
   * value or by the end of the body.
   *
   * `isThere` means that `value` has not been taken. It is still set when the body resumes only if
   * the asker was cancelled in the tick in which the value arrived; the value then waits for the
   * next asker.
   *
   * `asking` is set while a task requests a value or closes; the body may be running then. `ended`
   * means that the body's outcome was reported, or that there is none.
   */

  /// The body of a generator, which emits the values.
  ///
  /// @param <T> the type of the values
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body. Suspends wherever it awaits.
    ///
    /// @param emitter receives the values
    /// @throws Exception whatever the body throws
    void run(Emitter<T> emitter) throws Exception;
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final InnerTask inner;
  private @Nullable T value;
  private boolean isThere;
  private boolean asking;
  private boolean closed;
  private boolean ended;
  private @Nullable LoopFuture<@Nullable Void> arrival;

  private Generator(Body<T> body) {
    Objects.requireNonNull(body, "body");
    inner =
        new InnerTask(() -> {
          try {
            body.run(this::emit);
          } finally {
            announce();
          }
        });
  }

  /// {@return a generator whose body has not started} Never suspends.
  ///
  /// @param body the body, which emits the values
  /// @param <T> the type of the values
  public static <T extends @Nullable Object> Generator<T> of(Body<T> body) {
    return new Generator<>(body);
  }

  private void emit(T next) {
    if (inner.task() != Task.current()) {
      throw new IllegalStateException("emit() may only be called by the body of the generator");
    }
    while (isThere && !closed) {
      inner.pause(); // its asker was cancelled
    }
    if (closed) {
      throw new IllegalStateException("emit() was called in a generator that is closed");
    }
    value = next;
    isThere = true;
    announce();
    inner.pause();
  }

  private void announce() {
    takeTurn(); // the asker may be about to wait, and a body that has blocked runs in parallel
    LoopFuture<@Nullable Void> waiting = arrival;
    if (waiting != null && !waiting.isDone()) {
      waiting.setResult(null);
    }
  }

  /// Waits for the caller's turn, if the caller continued on its own after a blocking call. Before
  /// its turn, another coroutine may be changing what the caller is about to read. In debug mode,
  /// throws if the thread is not the loop's.
  private void takeTurn() {
    binding.checkTurn();
  }

  /// {@return an iterator over the remaining values} All iterators share the same values. The
  /// iterator's methods suspend where the body does, and throw what the body throws.
  @Override
  public Iterator<T> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        takeTurn();
        return isThere || ask();
      }

      @Override
      public T next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the generator has ended");
        }
        return take();
      }
    };
  }

  /// {@return the remaining values as a sequential stream} Its terminal operation suspends where
  /// the body does, throws what the body throws, and requests no more values than it needs. Closing
  /// the stream closes the generator.
  public Stream<T> stream() {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(iterator(), Spliterator.ORDERED), false)
        .onClose(this::close);
  }

  @SuppressWarnings("NullAway") // a null value is one that T allows
  private T take() {
    T taken = value;
    value = null;
    isThere = false;
    return taken;
  }

  /// Runs the body until the next value; returns false if there is none.
  private boolean ask() {
    begin();
    try {
      if (ended) {
        return false;
      }
      goOn();
      while (!isThere && isRunning()) {
        CancelledError cancelled = awaitArrival();
        if (cancelled != null && (isThere || !isRunning())) {
          throw cancelled; // too late for the body
        }
      }
      return isThere || tellEnd();
    } finally {
      asking = false;
    }
  }

  private void begin() {
    Loop _ = Loop.running();
    if (asking) {
      throw new IllegalStateException("the generator is already running");
    }
    asking = true;
  }

  private void goOn() {
    try {
      inner.go();
    } catch (Throwable fatal) {
      ended = !isRunning(); // KeyboardInterrupt or SystemExit: reported by this throw
      throw fatal;
    }
  }

  private boolean isRunning() {
    Task<?> task = inner.task();
    return task != null && !task.isDone();
  }

  private boolean tellEnd() {
    ended = true;
    Object _ = Objects.requireNonNull(inner.task()).await();
    return false;
  }

  /// Waits until the body has made progress. Passes on a cancellation to the body.
  ///
  /// @return the cancellation, or null if there was none
  private @Nullable CancelledError awaitArrival() {
    Task<?> task = Objects.requireNonNull(inner.task());
    Task<?> asker = Objects.requireNonNull(Task.current());
    var waiting = new LoopFuture<@Nullable Void>();
    arrival = waiting;
    Tasks.addToAwaitedBy(task, asker);
    try {
      waiting.await();
      return null;
    } catch (CancelledError cancelled) {
      if (!isThere && isRunning()) {
        boolean _ = task.cancel(cancelled.getMessage());
      }
      return cancelled;
    } finally {
      arrival = null;
      Tasks.discardFromAwaitedBy(task, asker);
    }
  }

  /// Cancels the body, and waits until it has finished. Coroutine only; suspends where the clean-up
  /// of the body does. A value that was not taken is dropped. Closing again, or closing a generator
  /// that has ended, has no effect.
  ///
  /// If the calling task is cancelled meanwhile, the clean-up is cancelled at its current await.
  ///
  /// Source: `aclose`.
  ///
  /// @throws CancelledError if the calling task was cancelled meanwhile and the clean-up did not
  ///   catch the cancellation
  /// @throws IllegalStateException if a task waits for a value, or the body emits another one
  @Override
  public void close() {
    takeTurn();
    if (ended || inner.task() == null) {
      ended = true;
      closed = true;
      return;
    }
    begin();
    try {
      closed = true;
      value = null;
      isThere = false;
      CancelledError cancelled = end();
      ended = true;
      tellClosed(cancelled);
    } finally {
      asking = false;
    }
  }

  /// Cancels the body and waits until it finishes.
  ///
  /// @return a cancellation of the caller that came too late for the body, or that the body threw
  private @Nullable CancelledError end() {
    if (isRunning()) {
      inner.cancel("the generator is closed");
    }
    CancelledError last = null;
    boolean isLate = false;
    while (isRunning()) {
      CancelledError cancelled = awaitArrival();
      if (cancelled != null) {
        last = cancelled;
        isLate = !isRunning();
      }
    }
    return isLate || Objects.requireNonNull(inner.task()).isCancelled() ? last : null;
  }

  private void tellClosed(@Nullable CancelledError cancelled) {
    Task<?> task = Objects.requireNonNull(inner.task());
    Throwable fault = task.isCancelled() ? null : task.exception();
    if (cancelled != null) {
      if (fault != null) {
        cancelled.addSuppressed(fault);
      }
      throw cancelled;
    }
    if (fault != null) {
      Object _ = task.await();
    }
  }

  @Override
  public String toString() {
    Task<?> task = inner.task();
    String state =
        ended ? "ended" : task == null ? "not started" : asking ? "running" : "suspended";
    return "<Generator " + state + (task == null ? "" : " " + task.getName()) + ">";
  }
}
