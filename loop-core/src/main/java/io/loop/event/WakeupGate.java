package io.loop.event;

import java.util.concurrent.atomic.AtomicBoolean;

/// Ensures that exactly one of many submitting threads wakes a sleeping loop.
final class WakeupGate {

  /*
   *   loop                      submitter
   *   arm()                     inbox.add(handle)
   *   inbox.isEmpty()?          claim()?
   *
   * Each side stores, then loads, and neither load may move above the store before it: if both
   * read old values the loop sleeps on a full inbox. That takes volatile stores on both sides;
   * release is too weak. The loop's poller repeats the check on the left (PolledLoop.mayBlock) after it
   * has made its own intent to sleep visible, so a wake-up that reaches an awake poller is not
   * lost.
   *
   * Only the loop thread sets `asleep` to true. A submitter that sets it to false must wake the
   * loop.
   */

  private final AtomicBoolean asleep = new AtomicBoolean();

  /// Announces that the loop is about to sleep; it must check its inbox again after this.
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
