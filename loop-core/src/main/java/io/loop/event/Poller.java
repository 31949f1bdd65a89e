package io.loop.event;

/// What a loop waits with: the driver behind a [Loop].
///
/// The loop decides what runs and in which order; a poller supplies the clock, waits for the
/// outside world and is woken from it. One poller serves one loop for life. Implementations with a
/// public constructor without arguments are found through [java.util.ServiceLoader]; the first one
/// found is what [Loop#create()] uses.
///
/// The poller of an attached loop does not poll: it asks its host to call [Loop#runTurn], after
/// [#wakeup] and when the time that the last turn returned is up.
///
/// All methods but [#wakeup], [#isHostThread] and [#nanoTime] are called by the loop, one at a
/// time. While it polls, a poller may call [Loop#callSoon] and complete futures, but it must never
/// run loop callbacks itself.
public interface Poller {

  /// Ties this poller to its loop; called once, before anything else, on the creating thread.
  ///
  /// @param loop the loop to serve
  void open(Loop loop);

  /// {@return whether polling may run code that is not the loop's own, such as a program's handlers
  /// of channels, or may wait for a lock} Then the loop polls on its host, a virtual thread that
  /// may block while coroutines go on, and else on its own thread. Asked once.
  ///
  /// Such a poller waits in the operating system, not by parking its thread: a host that is parked
  /// for long counts as held up, and is reported.
  default boolean needsHost() {
    return true;
  }

  /// Begins a run of the loop, or its closing, on the loop's own thread. The default does nothing.
  ///
  /// @throws IllegalStateException if the loop cannot be run or closed on this thread
  default void enter() {}

  /// Runs something on the thread that polls, with whatever that thread needs around it. The
  /// default just runs the body.
  ///
  /// That thread is the loop's host: then this is called once, and the body is all that the host
  /// ever does. Where there is no host it is the loop's own thread, and this is called for each run
  /// and for the closing.
  ///
  /// @param run what the thread does
  default void enclose(Runnable run) {
    run.run();
  }

  /// Does the input and output that is pending, then waits for more.
  ///
  /// Returns early when something happened, when [#wakeup] was called, and always when
  /// [Loop#mayBlock] says false after the poller made its intent to sleep visible to `wakeup`.
  ///
  /// @param waitNanos how long to wait at most, in nanoseconds; 0 means do not wait,
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

  /// Hands over what the loop's tasks have written and nobody has sent yet; called once, when the
  /// loop closes, before its tasks that are left are unwound. Does not wait. The default does
  /// nothing.
  default void flush() {}

  /// {@return whether the clock stands still until somebody moves it, as in a test} Then timers
  /// come out at their very deadlines, and are not rounded up to whole milliseconds. Asked once,
  /// before [#open]. The default says no.
  default boolean isMovedByHand() {
    return false;
  }

  /// Releases what this poller holds; called once, when the loop closes.
  void close();
}
