package io.loop.event;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A loop as the layer sees it whose guests enter it. It has the methods that only that layer may
/// call.
///
/// The layer gets it from [Loop#admitGuests], and keeps it to itself. Loop thread and host only,
/// except where a method says "any thread".
public final class EnteredLoop {

  private final Loop loop;
  private final Presence presence;
  private final Sides sides;

  EnteredLoop(Loop loop) {
    this.loop = loop;
    this.presence = loop.presence();
    this.sides = loop.sides();
  }

  /// Gives a guest its turn; loop thread only.
  ///
  /// @param entering the guest whose thread runs next; null for the loop's own
  /// @return the guest that had the turn, to pass to [#enter] afterwards
  public @Nullable Guest enter(@Nullable Guest entering) {
    return presence.enter(entering);
  }

  /// Makes every call check that the caller has its turn, as in debug mode; for layers whose guests
  /// may continue on their own after a blocking call.
  public void requireTurns() {
    presence.requireTurns();
  }

  /// Runs something on the thread that runs the program's callbacks, and waits for it. That is the
  /// host's thread, or the caller's if there is no host or the caller is not on the loop's thread.
  ///
  /// If it throws, throws the same exception object, undeclared.
  ///
  /// @param work the work
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host is blocked; check [#isHostFree] first
  public <T extends @Nullable Object> T callOnHost(Supplier<T> work) {
    return sides.callOnHost(work);
  }

  /// {@return whether [#callOnHost] may be called: the host is in no blocking call}
  public boolean isHostFree() {
    return sides.isHostFree();
  }

  /// Runs something on the loop's own thread, which mounts the loop's coroutines, and waits for it.
  ///
  /// If it throws, throws the same exception object, undeclared.
  ///
  /// @param work the work; must not block, nor run the program's code
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host cannot be suspended here, because of a native frame
  ///   or a class initializer on its stack
  public <T extends @Nullable Object> T callOnCarrier(Supplier<T> work) {
    return sides.callOnCarrier(work);
  }

  /// Runs only guests that return from blocking calls, until a condition is true; for guests that
  /// must end before the loop is closed. Loop's own thread only.
  ///
  /// @param over the condition; checked after each guest
  /// @param patience the time limit
  public void runReturnsUntil(BooleanSupplier over, Duration patience) {
    loop.turn().interlude().runReturnsUntil(over, patience);
  }

  /// {@return whether the loop's thread is in a blocking call other than its poll, so that no guest
  /// can get its turn} Any thread; the answer may be out of date.
  ///
  /// Also if it waits for guests that run in parallel with the loop, and none of them has stopped
  /// for a while.
  ///
  /// On a loop with a host this happens only if a stack cannot be unmounted, or inside the JDK. On
  /// an attached loop it happens whenever a callback or another task of the executor blocks.
  public boolean isHeldUp() {
    return presence.isHeldUp();
  }

  /// Notes that a guest is about to run in parallel with the loop, because the loop's thread is
  /// held up. The loop waits for [#endRescue] before it runs anything else. From now on guests have
  /// to check whether they have their turn. Any thread.
  public void beginRescue() {
    presence.beginRescue();
  }

  /// Ends what [#beginRescue] began: the guest has stopped. Any thread.
  public void endRescue() {
    presence.endRescue();
  }
}
