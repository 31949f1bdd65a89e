package io.loop.netty.connection;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.logging.LoggingHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The program's own handlers, between the socket and the handlers of this module.
final class WireHandlers {

  /*
   * A handler that transforms, delays or counts bytes may not understand a FileRegion, and Netty's
   * traffic shaping forgets the promises of what it holds when the channel closes. So a file is
   * handed over as such only if every handler ignores what is written, or is known to pass it on
   * unchanged. Subclasses of the known ones may do anything.
   */

  private static final Set<Class<?>> PASS_EVERYTHING =
      Set.of(LoggingHandler.class, IdleStateHandler.class, FlushConsolidationHandler.class);

  private WireHandlers() {}

  /// {@return the context of the handler before another one, or null if it is the first}
  static @Nullable ChannelHandlerContext before(ChannelPipeline pipeline, ChannelHandler handler) {
    ChannelHandlerContext before = null;
    for (Map.Entry<String, ChannelHandler> named : pipeline) {
      if (named.getValue() == handler) {
        return before;
      }
      before = pipeline.context(named.getKey());
    }
    throw new IllegalArgumentException("not in the pipeline: " + handler);
  }

  /// {@return whether the system may send files itself: no handler of a pipeline has to see their
  /// bytes} Its event loop's thread, or a coroutine of it.
  static boolean passFiles(ChannelPipeline pipeline) {
    for (Map.Entry<String, ChannelHandler> named : pipeline) {
      ChannelHandler handler = named.getValue();
      if (handler instanceof ChannelOutboundHandler
          && !PASS_EVERYTHING.contains(handler.getClass())) {
        return false;
      }
    }
    return true;
  }
}
