package io.loop.event;

/// A thread that runs work for a loop: a coroutine, as its loop sees it.
///
/// A loop runs one thing at a time, either itself or one guest. Between two calls of
/// [EnteredLoop#enter] the guest's thread counts as being on the loop. This is for layers that run
/// loop work on separate stacks; programs do not need it.
public interface Guest {

  /// {@return the loop that this guest belongs to}
  Loop loop();

  /// {@return whether the calling thread is this guest's}
  boolean isCurrentThread();

  /// Waits, on the guest's own thread, until the loop lets it run.
  ///
  /// Called when the guest uses the loop without having its turn, because it continued on its own
  /// after a blocking call. Returns immediately if it has its turn.
  void rejoin();
}
