package io.loop.netty.poller;

/// An object that has work for Netty, to be done on the loop's thread after the batch of ticks.
public interface Dirty {

  /// Does the work. Called once per [NettyDriver#addDirty], and again after a failure that could
  /// not be handled.
  void flushToNetty();

  /// Called if the work threw: fails only the channel that it was for, and reports why. If this
  /// throws too, the work is tried again soon, at least to fail the channel.
  ///
  /// @param fault the exception
  void flushFailed(Throwable fault);
}
