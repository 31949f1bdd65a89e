package io.loop.samples;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.List;

/// Netty's encoder, but with one buffer for a short answer.
///
/// Netty makes three of a bulk string: its length, its content and the end of the line. Each of
/// them is a write of its own, which costs more than copying a short string.
final class RedisAnswers extends RedisEncoder {

  private static final int SHORT = 8 << 10;

  @Override
  protected void encode(ChannelHandlerContext context, RedisMessage answer, List<Object> out)
      throws Exception {
    super.encode(context, answer, out);
    long size = 0;
    for (Object part : out) {
      size += ((ByteBuf) part).readableBytes();
    }
    if (out.size() > 1 && size <= SHORT) {
      ByteBuf joined = context.alloc().ioBuffer((int) size);
      for (Object part : out) {
        joined.writeBytes((ByteBuf) part);
        ((ByteBuf) part).release();
      }
      out.clear();
      out.add(joined);
    }
  }
}
