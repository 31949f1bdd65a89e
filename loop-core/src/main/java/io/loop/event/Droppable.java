package io.loop.event;

/// A callback that is told if its loop closes before it has run.
///
/// For callbacks that something outside of the loop waits for, such as a future of another thread:
/// a closing loop drops what is scheduled, and whoever waits would wait forever.
public interface Droppable extends Callback {

  /// Says that this callback will never run, because its loop is closing. Called at most once, in
  /// place of [#run], where the loop's callbacks run; not if its handle was cancelled. The loop
  /// takes nothing any more.
  void dropped();
}
