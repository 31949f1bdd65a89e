package io.loop.scope;

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

/// Runs a body again when it fails, with a growing delay between the attempts. Never a body that
/// was cancelled.
///
/// The delay before the second attempt is `firstDelay`; each further one is `factor` times as long,
/// up to `maxDelay`. Jitter keeps many clients from retrying in step: with a random generator, each
/// delay is a random part of that, between zero and the whole.
///
/// Any thread, for the options. For a time limit on the whole, put [#call(Coro)] into a `timeout`;
/// for a limit on each attempt, put a `timeout` into the body.
///
/// Source: none in asyncio; the "full jitter" of Brooker, "Exponential Backoff and Jitter", 2015.
///
/// @param attempts how often the body is run, the first time included; at least one
/// @param firstDelay how long to wait before the second attempt; not negative
/// @param factor how much longer each delay is than the one before; at least one
/// @param maxDelay how long to wait at most; not negative
/// @param jitter what chooses the part of a delay; null for the whole delay each time. Used on the
///   loops where bodies are retried
/// @param retried which exceptions are worth another attempt; must not suspend
public record Retry(
    int attempts,
    Duration firstDelay,
    double factor,
    Duration maxDelay,
    @Nullable RandomGenerator jitter,
    Predicate<? super Throwable> retried) {

  /// Three attempts, 100 ms, doubled up to 10 s, jitter, for every [Exception]. An [Error] is not
  /// retried.
  public static final Retry DEFAULT =
      new Retry(
          3,
          Duration.ofMillis(100),
          2,
          Duration.ofSeconds(10),
          RandomGenerator.of("Random"),
          Exception.class::isInstance);

  /// Makes options.
  ///
  /// @throws IllegalArgumentException if a number or a delay is out of its range
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
  /// @param limit how often the body is run, the first time included
  public Retry withAttempts(int limit) {
    return new Retry(limit, firstDelay, factor, maxDelay, jitter, retried);
  }

  /// {@return these options with another first delay}
  ///
  /// @param delay how long to wait before the second attempt
  public Retry withFirstDelay(Duration delay) {
    return new Retry(attempts, delay, factor, maxDelay, jitter, retried);
  }

  /// {@return these options with another growth of the delays}
  ///
  /// @param growth how much longer each delay is than the one before; 1 for equal delays
  public Retry withFactor(double growth) {
    return new Retry(attempts, firstDelay, growth, maxDelay, jitter, retried);
  }

  /// {@return these options with another longest delay}
  ///
  /// @param limit how long to wait at most
  public Retry withMaxDelay(Duration limit) {
    return new Retry(attempts, firstDelay, factor, limit, jitter, retried);
  }

  /// {@return these options with another source of jitter}
  ///
  /// @param source what chooses the part of a delay, a seeded one for instance; if several loops
  ///   use these options at the same time it must be safe for several threads
  public Retry withJitter(RandomGenerator source) {
    return new Retry(
        attempts, firstDelay, factor, maxDelay, Objects.requireNonNull(source, "source"), retried);
  }

  /// {@return these options without jitter} Each delay is waited in full.
  public Retry withoutJitter() {
    return new Retry(attempts, firstDelay, factor, maxDelay, null, retried);
  }

  /// {@return these options with another choice of what is retried}
  ///
  /// @param choice which exceptions are worth another attempt. Not asked about cancellations, nor
  ///   about what ends the program
  public Retry withRetried(Predicate<? super Throwable> choice) {
    return new Retry(attempts, firstDelay, factor, maxDelay, jitter, choice);
  }

  /// {@return these options for exceptions of one type only}
  ///
  /// @param type what is worth another attempt
  public Retry withRetried(Class<? extends Throwable> type) {
    return withRetried(type::isInstance);
  }

  /// Runs a body until it succeeds, or another attempt is not allowed. Coroutine only.
  ///
  /// Suspends where the body does and, always a cancellation point, for each delay. Throws what the
  /// last attempt threw, the very object, undeclared; what earlier attempts threw is attached to it
  /// as suppressed.
  ///
  /// These end it at once: a [CancelledError], wherever it comes from; what a blocking call throws
  /// because the task was cancelled, turned into a [CancelledError]; any exception of an attempt in
  /// which the task was cancelled and that hides the cancellation, such as one of a `finally`;
  /// [SystemExit] and [KeyboardInterrupt].
  ///
  /// @param body what to run, from the start each time
  /// @param <T> the type of the result
  /// @return what the first attempt that succeeded returned
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
      Tasks.sleep(current.nextDelay(), null);
    }
  }

  /// Runs a body without a result until it succeeds, or another attempt is not allowed. Coroutine
  /// only; as [#call(Coro)].
  ///
  /// @param body what to run, from the start each time
  public void call(Coro.Action body) {
    call(Coro.of(body));
  }

  /// One call: how often the body has failed, and how long the next delay is.
  private static final class Attempts {
    private final Retry options;
    private final Task<?> task;
    private double delayNanos;
    private int failures;
    private int requests;
    private @Nullable Throwable before;

    Attempts(Retry options) {
      this.options = options;
      Task<?> current = Task.current();
      if (current == null) {
        throw new IllegalStateException("no task is running here: call this from a coroutine");
      }
      this.task = current;
      this.requests = current.cancelling();
      this.delayNanos = nanos(options.firstDelay);
    }

    /// Notes a failure, and throws it unless another attempt is allowed.
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
        throw Retry.<Error>sneak(fault);
      }
      before = fault;
      requests = task.cancelling(); // a timeout inside the body may have taken one back
    }

    private static boolean isFinal(Throwable fault) {
      return fault instanceof CancelledError
          || fault instanceof SystemExit
          || fault instanceof KeyboardInterrupt;
    }

    Duration nextDelay() {
      double limited = Math.min(delayNanos, nanos(options.maxDelay));
      delayNanos = limited * options.factor;
      RandomGenerator random = options.jitter;
      double part = random == null ? 1 : random.nextDouble();
      return Duration.ofNanos((long) (limited * part));
    }

    /// Delays of more than 292 years are as good as that.
    private static double nanos(Duration delay) {
      return Math.min(delay.getSeconds() * 1e9 + delay.getNano(), Long.MAX_VALUE);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
