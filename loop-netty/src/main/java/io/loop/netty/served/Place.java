package io.loop.netty.served;

import io.loop.task.Task;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/// The place of an accepted channel in its server, for the coroutine that comes to serve it. The
/// channel's event loop, or the loop of the coroutine.
public interface Place {

  /// The channel has its place here.
  AttributeKey<Place> KEY = AttributeKey.valueOf(Place.class, "KEY");

  /// {@return the place of a channel; null if it is not a server's}
  static @Nullable Place of(Channel channel) {
    return channel.attr(KEY).get();
  }

  /// A coroutine is going to serve the channel.
  ///
  /// @param channel the channel as its coroutine sees it
  void join(Served channel);

  /// The coroutine has started.
  void began(Task<?> body);

  /// The coroutine has finished.
  void ended();

  /// A stream of the channel, which is a channel of its own, receives or sends. Event loop only.
  void streamMoved();
}
