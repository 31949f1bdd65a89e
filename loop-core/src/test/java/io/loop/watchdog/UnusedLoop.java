package io.loop.watchdog;

import org.jspecify.annotations.Nullable;

/// A loop that never runs, so nothing holds it up.
final class UnusedLoop extends WatchedLoop {

  @Override
  protected long nanoTime() {
    return System.nanoTime();
  }

  @Override
  protected @Nullable Spell find(@Nullable Spell before, long now) {
    return null;
  }

  @Override
  protected boolean mayBeHeldUp() {
    return false;
  }

  @Override
  protected boolean lasts(Spell found) {
    return false;
  }

  @Override
  protected boolean hasHost() {
    return false;
  }

  @Override
  protected boolean isAttached() {
    return false;
  }

  @Override
  protected @Nullable String describe(Spell found) {
    return null;
  }

  @Override
  protected int countTasks() {
    return 0;
  }

  @Override
  protected @Nullable Holder findHolder(long threadId) {
    return null;
  }
}
