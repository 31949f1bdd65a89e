package io.loop.netty;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.event.Poller;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;

/// What loops on Netty have in common, whoever drives whom: an executor, and a list of those that
/// have work for Netty.
///
/// Loop thread and coroutines of the loop only.
abstract class NettyDriver implements Poller {

  private static final LoopLocal<NettyDriver> DRIVER =
      LoopLocal.withInitial(loop -> {
        throw new IllegalStateException(
            "this loop does not run on Netty; make it with NettyLoop.create()");
      });

  private final ArrayDeque<Dirty> dirty = new ArrayDeque<>();

  /// {@return the driver of a loop on Netty}
  static NettyDriver of(Loop loop) {
    return DRIVER.get(loop);
  }

  final void register(Loop loop) {
    DRIVER.set(loop, this);
  }

  /// {@return the executor whose thread the loop runs on}
  abstract EventExecutor executor();

  /// Puts something on the list of those that have work for Netty.
  void addDirty(Dirty worker) {
    dirty.add(worker);
  }

  /// Lets all on the list do their work, also what comes onto it meanwhile; loop's thread.
  final void flushDirty() {
    for (Dirty worker; (worker = dirty.poll()) != null; ) {
      worker.flushToNetty();
    }
  }
}
