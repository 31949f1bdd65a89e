package io.loop.sync;

import org.jspecify.annotations.Nullable;

/// Something that is held until it is closed: what [Lock#hold] and its like return, for
/// try-with-resources.
///
/// Loop thread and coroutines of the loop only. Closing never suspends.
public final class Hold implements AutoCloseable {

  private @Nullable Runnable release;

  Hold(Runnable release) {
    this.release = release;
  }

  /// Gives back what is held. Closing twice does nothing.
  @Override
  public void close() {
    Runnable releasing = release;
    if (releasing != null) {
      releasing.run(); // a refused call has given nothing back
      release = null;
    }
  }
}
