package io.loop.sync;

import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import org.jspecify.annotations.Nullable;

/// Ties an object to the first loop on which somebody has to wait for it.
///
/// Source: `asyncio.mixins._LoopBoundMixin`, Python 3.15.
final class LoopBinding {

  private final Object owner;
  private @Nullable Loop loop;

  LoopBinding(Object owner) {
    this.owner = owner;
  }

  /// {@return a pending future to wait with}
  ///
  /// @throws IllegalStateException if somebody has waited on another loop
  LoopFuture<@Nullable Void> newWaiter() {
    Loop running = Loop.running();
    if (loop == null) {
      loop = running;
    }
    if (loop != running) {
      throw new IllegalStateException(owner + " is bound to a different event loop");
    }
    return new LoopFuture<>(running);
  }

  /// Waits for the caller's turn, if it went on by itself after a blocking call.
  ///
  /// Every operation begins with this, since one that need not wait meets the loop nowhere else.
  static void requireTurn() {
    if (Coroutine.mayGoAstray()) {
      Loop.runningOrNull();
    }
  }
}
