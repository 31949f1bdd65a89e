package io.loop.scope;

import io.loop.base.Throwing;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Retries a body that fails, with a growing delay between the attempts. A body that was cancelled
/// is never retried.
///
/// The delay before the second attempt is `firstDelay`. Each further delay is `factor` times as
/// long, up to `maxDelay`. Jitter prevents many clients from retrying at the same moment: with a
/// random generator, each actual delay is chosen at random between zero and the calculated delay.
///
/// Any thread may create options. For a time limit on all attempts together, put [#call(Coro)] into
/// a `timeout`; for a limit on each attempt, put a `timeout` into the body.
///
/// Source: none in asyncio; the "full jitter" of Brooker, "Exponential Backoff and Jitter", 2015.
///
/// @param attempts the maximum number of attempts, including the first; at least 1
/// @param firstDelay the delay before the second attempt; not negative
/// @param factor the ratio of each delay to the previous one; at least 1
/// @param maxDelay the longest delay; not negative
/// @param jitter the random generator for jitter; null for none. Used on the loops that run the
///   retried bodies
/// @param retried whether to retry after an exception; must not suspend
public record Retry(
    int attempts,
    Duration firstDelay,
    double factor,
    Duration maxDelay,
    @Nullable RandomGenerator jitter,
    Predicate<? super Throwable> retried) {

  /// The default options: three attempts, a first delay of 100 ms that doubles up to 10 s, jitter,
  /// and retries after every [Exception]. An [Error] is not retried.
  public static final Retry DEFAULT =
      new Retry(
          3,
          Duration.ofMillis(100),
          2,
          Duration.ofSeconds(10),
          RandomGenerator.of("Random"),
          Exception.class::isInstance);

  /// Creates options.
  ///
  /// @throws IllegalArgumentException if a number or a delay is out of range
  public Retry {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts must be >= 1, not " + attempts);
    }
    if (!(factor >= 1) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("factor must be finite and >= 1, not " + factor);
    }
    if (firstDelay.isNegative() || maxDelay.isNegative()) {
      throw new IllegalArgumentException(
          "delays must not be negative: " + firstDelay + ", " + maxDelay);
    }
    Objects.requireNonNull(retried, "retried");
  }

  /// {@return these options with another number of attempts}
  ///
  /// @param limit the maximum number of attempts, including the first
  public Retry withAttempts(int limit) {
    return new Retry(limit, firstDelay, factor, maxDelay, jitter, retried);
  }

  /// {@return these options with another first delay}
  ///
  /// @param delay the delay before the second attempt
  public Retry withFirstDelay(Duration delay) {
    return new Retry(attempts, delay, factor, maxDelay, jitter, retried);
  }

  /// {@return these options with another growth factor}
  ///
  /// @param growth the ratio of each delay to the previous one; 1 for equal delays
  public Retry withFactor(double growth) {
    return new Retry(attempts, firstDelay, growth, maxDelay, jitter, retried);
  }

  /// {@return these options with another maximum delay}
  ///
  /// @param limit the longest delay
  public Retry withMaxDelay(Duration limit) {
    return new Retry(attempts, firstDelay, factor, limit, jitter, retried);
  }

  /// {@return these options with another source of jitter}
  ///
  /// @param source the random generator, for instance a seeded one; it must be thread-safe if
  ///   several loops use these options at the same time
  public Retry withJitter(RandomGenerator source) {
    return new Retry(
        attempts, firstDelay, factor, maxDelay, Objects.requireNonNull(source, "source"), retried);
  }

  /// {@return these options without jitter}
  public Retry withoutJitter() {
    return new Retry(attempts, firstDelay, factor, maxDelay, null, retried);
  }

  /// {@return these options with another condition for a retry}
  ///
  /// @param choice whether to retry after an exception. Not called for cancellations, [SystemExit]
  ///   and [KeyboardInterrupt]
  public Retry withRetried(Predicate<? super Throwable> choice) {
    return new Retry(attempts, firstDelay, factor, maxDelay, jitter, choice);
  }

  /// {@return these options with retries only after exceptions of a given type}
  ///
  /// @param type the type
  public Retry withRetried(Class<? extends Throwable> type) {
    return withRetried(type::isInstance);
  }

  /// Runs a body until it succeeds or no further attempt is allowed. Coroutine only.
  ///
  /// Suspends where the body does, and for each delay, which is always a cancellation point. Throws
  /// what the last attempt threw: the same object, undeclared. The exceptions of earlier attempts
  /// are attached to it as suppressed exceptions.
  ///
  /// The following are never retried: any [CancelledError]; an exception that a blocking call
  /// throws because the task was cancelled, which becomes a [CancelledError]; any exception of an
  /// attempt during which the task was cancelled and that hides the cancellation, such as one from
  /// a `finally` block; [SystemExit] and [KeyboardInterrupt].
  ///
  /// @param body the body, run from its beginning for each attempt
  /// @param <T> the type of the result
  /// @return what the successful attempt returned
  /// @throws CancelledError if the task was cancelled
  public <T extends @Nullable Object> T call(Coro<T> body) {
    Objects.requireNonNull(body, "body");
    Attempts current = new Attempts(this);
    while (true) {
      try {
        return body.await();
      } catch (Throwable thrown) {
        current.failed(thrown);
      }
      Tasks.sleep(current.delays.next(), null);
    }
  }

  /// Runs a body without a result until it succeeds or no further attempt is allowed. Coroutine
  /// only; like [#call(Coro)].
  ///
  /// @param body the body, run from its beginning for each attempt
  public void call(Coro.Action body) {
    call(Coro.of(body));
  }

  /// {@return the delays of these options, from the first one on} For loops of the program's own
  /// that [#call(Coro)] does not fit: those that reconnect or restart without a limit of attempts,
  /// and begin again with the first delay once something has worked.
  ///
  /// ```java
  /// Retry.Delays delays = Retry.DEFAULT.delays();
  /// while (true) {
  ///   try (var connection = connect()) {
  ///     delays.reset();
  ///     use(connection);
  ///   } catch (IOException lost) {
  ///     sleep(delays.next());
  ///   }
  /// }
  /// ```
  ///
  /// The number of attempts and the choice of exceptions have no effect on them.
  public Delays delays() {
    return new Delays(this);
  }

  /// The delays between attempts, one after the other; made by [Retry#delays]. For one thread or
  /// coroutine at a time. Never suspends.
  public static final class Delays {
    private final Retry options;
    private double delayNanos;

    private Delays(Retry options) {
      this.options = options;
      this.delayNanos = nanos(options.firstDelay);
    }

    /// {@return the next delay: `factor` times as long as the one before, up to `maxDelay`, and
    /// shortened by the jitter}
    public Duration next() {
      double limited = Math.min(delayNanos, nanos(options.maxDelay));
      delayNanos = limited * options.factor;
      RandomGenerator random = options.jitter;
      double part = random == null ? 1 : random.nextDouble();
      return Duration.ofNanos((long) (limited * part));
    }

    /// Begins again with the first delay.
    public void reset() {
      delayNanos = nanos(options.firstDelay);
    }

    /// Converts a delay; longer delays are treated as 292 years.
    private static double nanos(Duration delay) {
      return Math.min(delay.getSeconds() * 1e9 + delay.getNano(), Long.MAX_VALUE);
    }
  }

  /// The state of one call: the number of failures, and the next delay.
  private static final class Attempts {
    private final Retry options;
    private final Task<?> task;
    private final Delays delays;
    private int failures;
    private int requests;
    private @Nullable Throwable before;

    Attempts(Retry options) {
      this.options = options;
      Task<?> current = Task.current();
      if (current == null) {
        throw new IllegalStateException("not called from a task: call this from a coroutine");
      }
      this.task = current;
      this.requests = current.cancelling();
      this.delays = options.delays();
    }

    /// Records a failure, and throws it unless another attempt is allowed.
    void failed(Throwable thrown) {
      Throwable fault = Tasks.translate(thrown);
      failures++;
      if (before != null && before != fault && !isFinal(fault)) {
        fault.addSuppressed(before);
      }
      if (failures >= options.attempts
          || isFinal(fault)
          || task.cancelling() > requests
          || !options.retried.test(fault)) {
        throw Throwing.rethrow(fault);
      }
      before = fault;
      requests = task.cancelling(); // a timeout inside the body may have withdrawn one
    }

    private static boolean isFinal(Throwable fault) {
      return fault instanceof CancelledError
          || fault instanceof SystemExit
          || fault instanceof KeyboardInterrupt;
    }
  }
}
