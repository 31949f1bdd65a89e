package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.Task;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.AttributeKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// An accepted channel whose pipeline the program builds, as its server sees it; the first handler
/// of that pipeline. Event loop's thread.
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
final class ServedChannel extends ChannelInboundHandlerAdapter implements Served {

  /*
   * Until a CoroutineHandler joins the pipeline, for example while a handshake or an upgrade is
   * under way, there is only the channel. A handler may run on another executor than the channel's
   * event loop, so what it is asked goes to its own loop.
   */

  private static final AttributeKey<ServedChannel> KEY =
      AttributeKey.valueOf(ServedChannel.class, "SERVED");

  private final Server server;
  private final Channel channel;
  private final Loop loop;
  private final Activity silence = new Activity();
  private @Nullable Messages<?> messages;

  private ServedChannel(Server server, Channel channel) {
    this.server = server;
    this.channel = channel;
    this.loop = NettyLoop.of(channel.eventLoop());
  }

  /// Adds an accepted channel to its server.
  ///
  /// @return false if the server does not want it, and the channel is being closed
  static boolean accept(Server server, Channel channel) {
    var served = new ServedChannel(server, channel);
    channel.attr(KEY).set(served);
    channel.pipeline().addLast(served);
    if (!server.add(served)) {
      channel.unsafe().close(channel.voidPromise());
      return false;
    }
    return true;
  }

  /// A coroutine is going to serve a channel.
  static void join(Channel channel, Messages<?> messages) {
    ServedChannel served = channel.attr(KEY).get();
    if (served != null) {
      served.messages = messages;
    }
  }

  /// The coroutine has started.
  static void began(Channel channel, Task<?> body) {
    ServedChannel served = channel.attr(KEY).get();
    if (served != null) {
      served.server.began(served, body);
    }
  }

  /// The coroutine has finished.
  static void ended(Channel channel) {
    ServedChannel served = channel.attr(KEY).get();
    if (served != null) {
      served.server.ended(served);
    }
  }

  /// As without this class, a channel without a coroutine closes when its peer half-closes.
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    context.fireUserEventTriggered(event);
    if (event instanceof ChannelInputShutdownEvent && messages == null) {
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    context.fireChannelInactive();
    server.remove(this);
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public boolean isClosing() {
    Messages<?> served = messages;
    return served == null ? !channel.isActive() : !served.life().isOpen();
  }

  @Override
  public void close() {
    Messages<?> served = messages;
    if (served == null) {
      channel.close();
    } else {
      Server.onLoop(served.loop(), served.core()::close);
    }
  }

  @Override
  public void abort() {
    channel.unsafe().close(channel.voidPromise());
  }

  @Override
  public void cut(IOException reason) {
    Messages<?> served = messages;
    if (served == null) {
      abort();
    } else {
      Server.onLoop(served.loop(), () -> served.cut(reason));
    }
  }

  @Override
  public void finish() {
    Messages<?> served = messages;
    if (served == null) {
      channel.close();
    } else {
      Server.onLoop(served.loop(), served::finish);
    }
  }

  @Override
  public Activity lookAtActivity() {
    Messages<?> served = messages;
    if (served == null) {
      silence.look(loop.time(), 0, false);
      return silence;
    }
    return served.lookAtActivity();
  }

  @Override
  public boolean hasBeenRead() {
    Messages<?> served = messages;
    return served != null && served.hasBeenRead();
  }
}
