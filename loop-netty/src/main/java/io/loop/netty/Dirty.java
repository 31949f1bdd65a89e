package io.loop.netty;

/// Something that has work for Netty, to be done on the loop's thread when the tick batch is over.
interface Dirty {

  /// Does the work. Called once per [NettyDriver#addDirty].
  void flushToNetty();
}
