package io.loop.event;

/// Runs handles whose callbacks do not fail.
final class Handles {

  private Handles() {}

  static void run(Handle handle) {
    try {
      handle.run();
    } catch (Exception fault) {
      throw new AssertionError(fault);
    }
  }
}
