package io.loop.event;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A loop as its [Poller] sees it. It has the methods that only a poller may call.
///
/// A poller gets it from [Poller#open], and keeps it to itself.
public final class PolledLoop {

  private final Loop loop;
  private final Lifecycle lifecycle;

  PolledLoop(Loop loop, Lifecycle lifecycle) {
    this.loop = loop;
    this.lifecycle = lifecycle;
  }

  /// {@return the loop} Any thread.
  public Loop loop() {
    return loop;
  }

  /// {@return whether nothing is ready to run, so that the poller may wait} Also false if a timer
  /// was set during the poll: it may be due before the end of the wait that the poller was given.
  ///
  /// Polling thread only.
  public boolean mayBlock() {
    return loop.turn().mayBlock();
  }

  /// Runs something on the loop's own thread, which mounts the loop's coroutines, and waits for it:
  /// a wait that would not block a virtual thread in the operating system. Polling thread only.
  ///
  /// If it throws, throws the same exception object, undeclared.
  ///
  /// @param work the work; must not run the program's code
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host cannot be suspended here, because of a native frame
  ///   or a class initializer on its stack
  public <T extends @Nullable Object> T callOnCarrier(Supplier<T> work) {
    return loop.sides().callOnCarrier(work);
  }

  /// Runs one turn of an attached loop: what is ready, until the next poll is due. On the host's
  /// thread. A call from inside a turn does nothing.
  ///
  /// Exceptions of callbacks are reported to the exception handler and do not reach the host.
  ///
  /// @return the time until the next turn, in nanoseconds; 0 if there is more to do now,
  ///   `Long.MAX_VALUE` if no turn is due until [Poller#wakeup]
  public long runTurn() {
    return lifecycle.runTurn();
  }

  /// Notes that an attached loop's host runs on the calling thread only, so that [Loop#running]
  /// finds the loop there between turns too. The poller calls this on each new thread of the host.
  ///
  /// Code on that thread cannot run another loop.
  public void adoptThread() {
    loop.presence().adoptThread();
  }
}
