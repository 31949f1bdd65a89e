package io.loop.event;

/// A callback of the library's own: it runs none of the program's code, takes no lock and does not
/// block, so the loop's thread runs it itself and the host is not needed.
///
/// For layers that schedule work of theirs; a program's callbacks are plain [Callback]s.
@FunctionalInterface
public interface OwnCallback extends Callback {

  @Override
  void run();

  /// Lets a guest go on that has come out of a blocking call. The loop runs it even while its host
  /// is blocked, since what the host waits for may be this guest's to give.
  @FunctionalInterface
  interface Return extends OwnCallback {}
}
