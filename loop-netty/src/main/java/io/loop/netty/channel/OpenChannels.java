package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.netty.base.Rethrow;
import java.util.HashSet;
import java.util.Set;

/// A loop's channels whose coroutine has not finished: they are released if the loop closes first.
final class OpenChannels implements AutoCloseable {

  private static final LoopLocal<OpenChannels> KEY = LoopLocal.withInitial(_ -> new OpenChannels());

  private final Set<Messages<?>> channels = new HashSet<>();

  private OpenChannels() {}

  static OpenChannels of(Loop loop) {
    return KEY.get(loop);
  }

  void add(Messages<?> channel) {
    channels.add(channel);
  }

  void remove(Messages<?> channel) {
    channels.remove(channel);
  }

  /// A closing loop unwinds its coroutines without running their callbacks.
  @Override
  public void close() {
    Throwable fault = null;
    for (Messages<?> channel : channels) {
      try {
        channel.loopClosed();
      } catch (Throwable thrown) { // the others must be released too
        fault = thrown;
      }
    }
    channels.clear();
    if (fault != null) {
      throw Rethrow.unchecked(fault);
    }
  }
}
