package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import org.jspecify.annotations.Nullable;

/// A Netty event loop that one of our loops drives.
final class OwnedEventLoop extends ManualIoEventLoop {

  private final Loop loop;
  private Runnable stopper;

  OwnedEventLoop(@Nullable IoEventLoopGroup parent, Loop loop, IoHandlerFactory handlers) {
    super(parent, null, handlers); // the thread is set when the loop first runs
    this.loop = loop;
    this.stopper = loop::stop;
  }

  /// Sets what ends the loop's run, on the loop's thread.
  void setStopper(Runnable stopper) {
    this.stopper = stopper;
  }

  /// Ends the loop's run; any thread, does nothing if the loop is closed.
  void stop() {
    try {
      loop.callSoonThreadsafe(stopper);
    } catch (IllegalStateException closed) {
      // it has ended already
    }
  }

  Loop loop() {
    return loop;
  }

  /// Asked by the transport after it has published that it is about to sleep: what was submitted
  /// before must keep it awake.
  @Override
  protected boolean canBlock() {
    return loop.mayBlock();
  }
}
