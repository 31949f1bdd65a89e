package io.loop.event;

/// An internal callback of the library. It runs none of the program's code, takes no lock and does
/// not block, so the loop's thread runs it without the host.
///
/// For layers on top of this one; a program's callbacks are plain [Callback]s.
@FunctionalInterface
public interface OwnCallback extends Callback {

  @Override
  void run();

  /// Resumes a guest that has returned from a blocking call. The loop runs it even while its host
  /// is blocked, because the host may be waiting for something that the guest holds.
  @FunctionalInterface
  interface Return extends OwnCallback {}
}
