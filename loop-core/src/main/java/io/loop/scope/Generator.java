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

/// Values that a coroutine makes while a `for` loop takes them.
///
/// ```java
/// try (var lines = Generator.<String>of(out -> { … out.emit(line); … })) {
///   for (String line : lines) { … }
/// }
/// ```
///
/// The body runs only while the loop waits for a value: it starts with the first one, stops in
/// [Emitter#emit], and goes on when the next one is asked for. There is no queue. Between two
/// values nothing else runs unless the body or the loop awaits something. Generators can take their
/// values from others, in chains of any length; in one of more than about thirty a value takes
/// another tick for each thirty.
///
/// Close it where the loop may be left early: the body then gets a [CancelledError] in
/// [Emitter#emit], its `finally` blocks run and may await, and [#close] waits for its end.
///
/// Whoever waits for a value and is cancelled cancels the body at what it awaits, as if it were the
/// waiting task's own code. What the body throws is thrown to the loop, the very object, undeclared
/// (decision D7); after that there are no more values.
///
/// Loop thread and coroutines of one loop only; asking for a value, and closing, are for
/// coroutines, and suspend where the body does. One task at a time. The body runs in the context of
/// the task that asks first, itself and not a copy.
///
/// Source: an asynchronous generator and `async for`, Python 3.15. The body is a task of its own
/// here, so a time-out in it ends with it; nothing can be sent or thrown into it.
///
/// @param <T> the type of the values
public final class Generator<T extends @Nullable Object> implements Iterable<T>, AutoCloseable {

  /*
   * The body is an InnerTask, driven by whoever asks. If it awaits something in between, the asker
   * waits for `arrival`, which is settled by the next value or by the end.
   *
   * `isThere` says that `value` holds one that was not taken. It can still be there when the body goes
   * on only if the asker was cancelled in the tick in which it came; then it waits for the next asker.
   *
   * `asking` is set while a task asks or closes: the body is on its way then. `ended` says that the
   * body's outcome was told, or that there is none.
   */

  /// What makes the values.
  ///
  /// @param <T> the type of the values
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body. Suspends wherever it awaits.
    ///
    /// @param emitter takes the values
    /// @throws Exception whatever the body lets out
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
  /// @param body what makes the values
  /// @param <T> their type
  public static <T extends @Nullable Object> Generator<T> of(Body<T> body) {
    return new Generator<>(body);
  }

  private void emit(T next) {
    if (inner.task() != Task.current()) {
      throw new IllegalStateException("emit() is for the body of the generator alone");
    }
    while (isThere && !closed) {
      inner.pause(); // its asker was cancelled
    }
    if (closed) {
      throw new IllegalStateException("emit() in a generator that is closed");
    }
    value = next;
    isThere = true;
    announce();
    inner.pause();
  }

  private void announce() {
    takeTurn(); // the asker may be about to wait: a body that has blocked can run beside it
    LoopFuture<@Nullable Void> waiting = arrival;
    if (waiting != null && !waiting.isDone()) {
      waiting.setResult(null);
    }
  }

  /// Waits for the caller's turn, if it went on by itself after a blocking call: until then another
  /// coroutine may be changing what this one is about to read. In debug mode it refuses a thread
  /// that is not the loop's.
  private void takeTurn() {
    binding.checkTurn();
  }

  /// {@return the values that are left} Every iterator takes from the same ones. Its methods
  /// suspend where the body does, and throw what the body throws.
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

  /// {@return the values that are left, as a sequential stream} Its terminal operation suspends
  /// where the body does, throws what the body throws, and takes no value that it does not need.
  /// Closing the stream closes the generator.
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

  /// Lets the body make the next value; false if there is none.
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
      throw new IllegalStateException("the generator is running already");
    }
    asking = true;
  }

  private void goOn() {
    try {
      inner.go();
    } catch (Throwable fatal) {
      ended = !isRunning(); // KeyboardInterrupt, SystemExit: told by this
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

  /// Waits until the body has got on. A cancellation is the body's.
  ///
  /// @return the cancellation, if there was one
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

  /// Ends the body, and waits until it has ended. Coroutine only; suspends where its clean-up does.
  /// A value that was not taken is dropped. Closing twice does nothing, and neither does closing a
  /// generator that has ended.
  ///
  /// If the calling task is cancelled meanwhile, so is the clean-up, at what it awaits.
  ///
  /// Source: `aclose`.
  ///
  /// @throws CancelledError if the calling task was cancelled meanwhile, and the clean-up did not
  ///   absorb it
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

  /// Cancels the body and waits for its end.
  ///
  /// @return a cancellation of the caller that came too late for the body, or that the body let out
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
