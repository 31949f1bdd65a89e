package io.loop.event;

/// The driver of a [Loop]: it waits for input and output, and for time to pass.
///
/// The loop decides what runs and in which order. A poller supplies the clock, waits for events,
/// and can be woken. A poller serves one loop. Implementations with a public constructor without
/// arguments are found through [java.util.ServiceLoader]; the first one found is what
/// [Loop#create()] uses.
///
/// The poller of an attached loop does not poll: it makes its host call [PolledLoop#runTurn], after
/// [#wakeup] and when the time that the last turn returned has passed.
///
/// All methods but [#wakeup], [#isHostThread] and [#nanoTime] are called by the loop, one at a
/// time. While it polls, a poller may call [Loop#callSoon] and complete futures, but it must never
/// run loop callbacks itself.
public interface Poller {

  /// Ties this poller to its loop; called once, before anything else, on the creating thread.
  ///
  /// @param loop the loop to serve, with what only its poller may ask of it
  void open(PolledLoop loop);

  /// {@return whether polling may run code of the program, such as channel handlers, or may wait
  /// for a lock} If so, the loop polls on its host, a virtual thread that may block while
  /// coroutines continue; otherwise on its own thread. Called once.
  ///
  /// Such a poller must wait in the operating system and not park its thread: a host that is parked
  /// for long is reported as held up.
  default boolean needsHost() {
    return true;
  }

  /// Begins a run of the loop, or its closing, on the loop's own thread. The default does nothing.
  ///
  /// @throws IllegalStateException if the loop cannot be run or closed on this thread
  default void enter() {}

  /// Runs the body of the polling thread, with the setup that the thread needs. The default just
  /// runs the body.
  ///
  /// If the loop has a host, this is called once on the host, and the body is all that the host
  /// does. Otherwise this is called on the loop's own thread, for each run and for the closing.
  ///
  /// @param run the body of the thread
  default void enclose(Runnable run) {
    run.run();
  }

  /// Handles pending input and output, then waits for more.
  ///
  /// Returns early when something happened, when [#wakeup] was called, and always if
  /// [PolledLoop#mayBlock] returns false after the poller made its intent to wait visible to
  /// `wakeup`.
  ///
  /// @param waitNanos the longest time to wait, in nanoseconds; 0 means do not wait,
  ///   `Long.MAX_VALUE` no limit
  void poll(long waitNanos);

  /// Ends a wait, or the next one if none is under way. Any thread.
  void wakeup();

  /// {@return the loop's clock in nanoseconds: monotonic, with an arbitrary origin, wrapping} Any
  /// thread.
  long nanoTime();

  /// {@return whether the caller is on the thread of an attached loop's host} Any thread.
  default boolean isHostThread() {
    return false;
  }

  /// Flushes what the loop's tasks have written. Called once, when the loop closes, before its
  /// remaining tasks are unwound. Does not wait. The default does nothing.
  default void flush() {}

  /// {@return whether the clock is moved by hand, as in a test} If so, timers fire exactly at their
  /// deadlines, which are not rounded up to whole milliseconds. Called once, before [#open]. The
  /// default returns false.
  default boolean isMovedByHand() {
    return false;
  }

  /// Releases the resources of this poller; called once, when the loop closes.
  void close();
}
