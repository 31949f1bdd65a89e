package io.loop.event;

import java.util.concurrent.atomic.AtomicBoolean;

/// Decides which of many submitting threads wakes a sleeping loop, so that exactly one does.
final class WakeupGate {

  /*
   *   loop                      submitter
   *   arm()                     inbox.add(handle)
   *   inbox.isEmpty()?          claim()?
   *
   * Each side stores, then loads, and neither load may move above the store before it: if both
   * read old values the loop sleeps on a full inbox. That takes volatile stores on both sides;
   * release is too weak. The loop's poller repeats the right-hand check (Loop.mayBlock) after it has
   * made its own intent to sleep visible, so a wake-up that meets an awake poller is not lost.
   *
   * `asleep` goes true only on the loop thread; whoever turns it false owes the wake-up.
   */

  private final AtomicBoolean asleep = new AtomicBoolean();

  /// Announces that the loop is about to sleep; it must look at its inbox once more after this.
  void arm() {
    asleep.set(true);
  }

  /// Announces that the loop is awake.
  void disarm() {
    if (asleep.get()) {
      asleep.set(false);
    }
  }

  /// {@return whether the caller, having submitted something, must wake the loop}
  boolean claim() {
    return asleep.get() && asleep.compareAndSet(true, false);
  }
}
