package io.loop.netty;

/// Something that has work for Netty, to be done on the loop's thread when the tick batch is over.
interface Dirty {

  /// Does the work. Called once per [NettyDriver#addDirty], and again after a failure that could
  /// not be dealt with.
  void flushToNetty();

  /// The work threw: fails the channel that it was for, and that one only, and reports why. If this
  /// throws too, the work is tried again soon; what can go on then is failing the channel.
  ///
  /// @param fault what it threw
  void flushFailed(Throwable fault);
}
