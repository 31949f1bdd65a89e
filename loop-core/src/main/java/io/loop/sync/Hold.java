package io.loop.sync;

import org.jspecify.annotations.Nullable;

/// Holds a lock or permit until it is closed. [Lock#hold] and similar methods return it for use in
/// a try-with-resources statement.
///
/// For those only who may release what is held: loop thread and coroutines of the loop, and for a
/// [SharedLock] its owner. Closing never suspends.
public final class Hold implements AutoCloseable {

  private @Nullable Runnable release;

  Hold(Runnable release) {
    this.release = release;
  }

  /// Releases what is held. Closing again has no effect.
  @Override
  public void close() {
    LoopBinding.takeTurn();
    Runnable releasing = release;
    if (releasing != null) {
      releasing.run(); // if this throws, nothing was released
      release = null;
    }
  }
}
