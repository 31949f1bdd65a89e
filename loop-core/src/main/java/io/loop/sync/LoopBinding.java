package io.loop.sync;

import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import org.jspecify.annotations.Nullable;

/// Ties an object to the first loop on which a task has to wait for it. For the classes that such
/// an object is made of; programs use those.
///
/// Loop thread and coroutines of one loop only.
///
/// Source: `asyncio.mixins._LoopBoundMixin`, Python 3.15.
public final class LoopBinding {

  /*
   * In debug mode a call from a thread that is not the loop's is refused. Until somebody has waited,
   * the loop is the one that made or last used the object. One that no loop has used may be filled by
   * any thread before it is handed over.
   */

  private final Object owner;
  private @Nullable Loop loop;
  private @Nullable Loop lastUser; // while debug mode is on somewhere

  /// Makes a binding to no loop yet.
  ///
  /// @param owner what is tied; exceptions describe it
  public LoopBinding(Object owner) {
    this.owner = owner;
    if (Loop.debugWasOn()) {
      lastUser = Loop.runningOrNull();
    }
  }

  /// {@return a pending future to wait with}
  ///
  /// @throws IllegalStateException if no loop is running here, or another loop was bound before
  public LoopFuture<@Nullable Void> newWaiter() {
    return new LoopFuture<>(bind());
  }

  /// Ties the object to the running loop.
  ///
  /// @return that loop
  /// @throws IllegalStateException if no loop is running here, or another loop was bound before
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

  /// Waits for the caller's turn, if it went on by itself after a blocking call. In debug mode it
  /// refuses a caller that is not on the loop.
  ///
  /// Every operation begins with this, since one that need not wait meets the loop nowhere else.
  ///
  /// @throws IllegalStateException if the loop is running in debug mode, and the caller is not on
  ///   it
  public void checkTurn() {
    if (Coroutine.mayGoAstray()) {
      Loop.runningOrNull();
    }
    if (Loop.debugWasOn()) {
      requireLoop();
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
