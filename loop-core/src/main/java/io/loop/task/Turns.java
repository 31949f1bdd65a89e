package io.loop.task;

import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// The turn of the calling coroutine on its loop.
///
/// A body that has returned from a blocking call may run beside its loop. Everything that uses the
/// loop's state takes the turn first: at the entrance of a public method, and again where a scope
/// continues after the program's code.
final class Turns {

  private Turns() {}

  /// Waits until nothing else runs on the caller's loop. Returns immediately if the caller has its
  /// turn, or is not a coroutine. Never suspends, as the loop sees it.
  static void take() {
    if (Coroutine.mayGoAstray()) {
      @Nullable Loop _ = Loop.runningOrNull();
    }
  }
}
