package io.loop.sync;

import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import org.jspecify.annotations.Nullable;

/// Binds an object to the first loop on which a task has to wait for it. A building block for
/// synchronization primitives, which programs use instead.
///
/// Loop thread and coroutines of one loop only.
///
/// Source: `asyncio.mixins._LoopBoundMixin`, Python 3.15.
public final class LoopBinding {

  /*
   * In debug mode, a call from a thread that is not the loop's throws. Until a task has waited, the
   * loop is the one that created or last used the object. An object that no loop has used may be
   * filled by any thread before it is passed to the loop.
   */

  private final Object owner;
  private @Nullable Loop loop;
  private @Nullable Loop lastUser; // only if debug mode is on for some loop

  /// Creates a binding that is not bound to a loop yet.
  ///
  /// @param owner the bound object, for exception messages
  public LoopBinding(Object owner) {
    this.owner = owner;
    if (Loop.debugWasOn()) {
      lastUser = Loop.runningOrNull();
    }
  }

  /// {@return a pending future to wait with}
  ///
  /// @throws IllegalStateException if no loop is running on this thread, or the object is bound to
  ///   another loop
  public LoopFuture<@Nullable Void> newWaiter() {
    return new LoopFuture<>(bind());
  }

  /// Binds the object to the running loop.
  ///
  /// @return that loop
  /// @throws IllegalStateException if no loop is running on this thread, or the object is bound to
  ///   another loop
  public Loop bind() {
    Loop running = Loop.running();
    if (loop == null) {
      loop = running;
    }
    if (loop != running) {
      throw new IllegalStateException(owner + " is bound to a different event loop");
    }
    return running;
  }

  /// Waits for the caller's turn, if the caller continued on its own after a blocking call. In
  /// debug mode, throws if the caller is not on the loop.
  ///
  /// Every operation calls this first, because an operation that does not wait has no other contact
  /// with the loop.
  ///
  /// @throws IllegalStateException if the loop is running in debug mode and the caller is not on it
  public void checkTurn() {
    takeTurn();
    if (Loop.debugWasOn()) {
      requireLoop();
    }
  }

  /// Waits for the caller's turn, if it went on by itself after a blocking call.
  static void takeTurn() {
    if (Coroutine.mayGoAstray()) {
      Loop.runningOrNull();
    }
  }

  private void requireLoop() {
    Loop owning = loop;
    if (owning == null) {
      Loop here = Loop.runningOrNull();
      owning = here == null ? lastUser : here;
      lastUser = owning;
    }
    if (owning != null) {
      owning.checkTurnToRead();
    }
  }
}
