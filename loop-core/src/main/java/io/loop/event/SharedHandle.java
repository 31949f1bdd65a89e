package io.loop.event;

import org.jspecify.annotations.Nullable;

/// A handle that came from another thread, and may be cancelled from one.
final class SharedHandle extends Handle {

  /*
   * A cancel from another thread either comes first, and the callback never runs, or waits until the
   * callback is over. The monitor is re-entrant, so a callback may cancel its own handle.
   */

  /// The next older entry of the inbox; the inbox alone touches it.
  @Nullable SharedHandle below;

  SharedHandle(Loop loop, Runnable callback, @Nullable Context context) {
    super(loop, callback, context);
  }

  @Override
  protected synchronized void run() {
    if (!super.isCancelled()) {
      super.run();
    }
  }

  @Override
  public synchronized void cancel() {
    super.cancel();
  }

  /// Without the monitor: the answer may be old by the time it is read, and `run` asks again.
  @Override
  public boolean isCancelled() {
    return super.isCancelled();
  }
}
