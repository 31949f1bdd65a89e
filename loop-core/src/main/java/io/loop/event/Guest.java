package io.loop.event;

import io.loop.coroutine.Coroutine;

/// A thread that runs loop work on the loop's behalf: what a coroutine is to its loop.
///
/// A loop runs one thing at a time, either itself or one guest. Between two calls of [Loop#enter]
/// the guest's thread counts as being on the loop. This is for layers that give loop work a stack
/// of its own; programs have no use for it.
public interface Guest extends Coroutine.Owner {

  /// {@return the loop this guest belongs to}
  Loop loop();

  /// {@return whether the calling thread is this guest's}
  boolean isCurrentThread();

  /// Waits, on the guest's own thread, until the loop lets it run.
  ///
  /// Called when the guest touches the loop without having its turn: it went on by itself after a
  /// blocking call. Returns at once if it has its turn.
  void rejoin();
}
