package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.LoopCalls;
import io.loop.netty.served.Activity;
import io.loop.netty.served.Place;
import io.loop.netty.served.Served;
import io.loop.task.Task;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// An accepted channel whose pipeline the program builds, as its server sees it; the first handler
/// of that pipeline. Event loop's thread.
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
final class ServedChannel extends ChannelInboundHandlerAdapter implements Served, Place {

  /*
   * Until a CoroutineHandler joins the pipeline, for example while a handshake or an upgrade is
   * under way, there is only the channel. A handler may run on another executor than the channel's
   * event loop, so what it is asked goes to its own loop.
   *
   * The streams of an HTTP/2 connection are channels whose parent is this one. What they receive and
   * send is activity of the connection, which its own coroutine does not see.
   */

  private final ServerConnections server;
  private final Channel channel;
  private final Loop loop;
  private final Activity silence = new Activity();
  private @Nullable Served joined;
  private boolean streamsWereRead;
  private boolean streamsMoved; // since the last check

  private ServedChannel(ServerConnections server, Channel channel) {
    this.server = server;
    this.channel = channel;
    this.loop = NettyLoop.of(channel.eventLoop());
  }

  /// Adds an accepted channel to its server.
  ///
  /// @return false if the server does not want it, and the channel is being closed
  static boolean accept(ServerConnections server, Channel channel) {
    var served = new ServedChannel(server, channel);
    channel.attr(KEY).set(served);
    channel.pipeline().addLast(served);
    if (!server.add(served)) {
      channel.unsafe().close(channel.voidPromise());
      return false;
    }
    return true;
  }

  @Override
  public void join(Served coroutine) {
    joined = coroutine;
  }

  @Override
  public void began(Task<?> body) {
    server.began(this, body);
  }

  @Override
  public void ended() {
    server.ended(this);
  }

  @Override
  public void streamMoved() {
    streamsWereRead = true;
    streamsMoved = true;
  }

  /// As without this class, a channel without a coroutine closes when its peer half-closes.
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    context.fireUserEventTriggered(event);
    if (event instanceof ChannelInputShutdownEvent && joined == null) {
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
    Served served = joined;
    return served == null ? !channel.isActive() : served.isClosing();
  }

  @Override
  public void close() {
    Served served = joined;
    if (served == null) {
      channel.close();
    } else {
      LoopCalls.soon(served.loop(), served::close);
    }
  }

  @Override
  public void abort() {
    channel.unsafe().close(channel.voidPromise());
  }

  @Override
  public void cut(IOException reason) {
    Served served = joined;
    if (served == null) {
      abort();
    } else {
      LoopCalls.soon(served.loop(), () -> served.cut(reason));
    }
  }

  @Override
  public void finish() {
    Served served = joined;
    if (served == null) {
      channel.close();
    } else {
      LoopCalls.soon(served.loop(), served::finish);
    }
  }

  @Override
  public Activity lookAtActivity() {
    Served served = joined;
    if (served == null) {
      silence.look(loop.time(), 0, streamsMoved);
      streamsMoved = false;
      return silence;
    }
    Activity activity = served.lookAtActivity();
    if (streamsMoved) {
      streamsMoved = false;
      activity.streamMoved(loop.time());
    }
    return activity;
  }

  @Override
  public boolean hasBeenRead() {
    Served served = joined;
    return streamsWereRead || (served != null && served.hasBeenRead());
  }
}
