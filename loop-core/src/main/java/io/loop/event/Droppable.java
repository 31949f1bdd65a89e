package io.loop.event;

/// A callback that is notified if its loop closes before it has run.
///
/// For callbacks that code outside the loop waits for, such as a future of another thread. A
/// closing loop drops what is scheduled, and without this the other side would wait forever.
public interface Droppable extends Callback {

  /// Says that this callback will never run, because its loop is closing. Called at most once, in
  /// place of [#run], where the loop's callbacks run; not if its handle was cancelled. The loop
  /// takes nothing any more.
  void dropped();
}
