package io.loop.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Plain Netty with a virtual thread of the JDK for each connection: the thread is parked until the
/// handler has received something, which it writes back.
@SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
final class ParkedThreadHandler extends ChannelInboundHandlerAdapter {

  /*
   * The handler stores what it receives and unparks the thread, which takes it or parks again. If
   * the thread has not taken the last one yet, the handler takes it back and stores both together.
   */

  private final AtomicReference<@Nullable ByteBuf> received = new AtomicReference<>();
  private @Nullable Thread thread;
  private volatile boolean ended;

  private ParkedThreadHandler() {}

  /// {@return the initializer of a connection's pipeline}
  static ChannelInitializer<Channel> echo() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(new ParkedThreadHandler());
      }
    };
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    thread = Thread.startVirtualThread(() -> serve(context));
  }

  private void serve(ChannelHandlerContext context) {
    for (; ; ) {
      ByteBuf message = received.getAndSet(null);
      if (message != null) {
        context.writeAndFlush(message, context.voidPromise());
      } else if (ended) {
        return;
      } else {
        LockSupport.park(this);
      }
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var data = (ByteBuf) message;
    ByteBuf before = received.getAndSet(null);
    received.set(
        before == null
            ? data
            : context.alloc().compositeBuffer(2).addComponents(true, before, data));
    LockSupport.unpark(thread);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ended = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    context.close();
  }
}
