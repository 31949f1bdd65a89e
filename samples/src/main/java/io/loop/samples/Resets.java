package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.stream.StreamWriter;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;

/// Ends a connection with a TCP reset.
///
/// A proxy passes a failure on like this: to the peer, an ordinary end would look like the end of
/// what was sent.
final class Resets {

  private Resets() {}

  static void of(CoroutineChannel<?> channel) {
    resetWhenClosed(channel.nettyChannel());
    channel.abort();
  }

  static void of(StreamWriter writer) {
    if (writer.getExtraInfo("channel") instanceof Channel channel) {
      resetWhenClosed(channel);
    }
    writer.abort();
  }

  /// A socket that does not linger is closed with a reset.
  private static void resetWhenClosed(Channel channel) {
    boolean _ =
        Tasks.onLoopThread(
            () -> channel.isOpen() && channel.config().setOption(ChannelOption.SO_LINGER, 0));
  }
}
