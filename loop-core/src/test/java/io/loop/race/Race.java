package io.loop.race;

/// One task that waits for one thing, and what lets it go on: the material of a trial.
///
/// Made inside a coroutine, used once. [Trials] decides when things happen.
interface Race {

  /// Waits. The victim's whole body; what it returns is the value of the trial.
  Object await() throws Exception;

  /// Lets the victim go on. Called once, as a callback or in a coroutine; must not suspend, and
  /// must bear a victim that was cancelled before.
  void complete() throws Exception;

  /// Checks that nothing was lost, and uses up what the race left. Called in a coroutine when the
  /// victim is done and both actions have happened; may await.
  ///
  /// @param value what the victim returned, or null if it was cancelled
  void settle(Object value) throws Exception;
}
