package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageDecoder;
import io.netty.handler.codec.redis.ArrayHeaderRedisMessage;
import io.netty.handler.codec.redis.BulkStringHeaderRedisMessage;
import io.netty.handler.codec.redis.BulkStringRedisContent;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.LastBulkStringRedisContent;
import io.netty.handler.codec.redis.RedisCodecException;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Collects what Netty's decoder delivers into requests: arrays of bulk strings.
///
/// Netty's own aggregators take strings of up to 512 MB. This one limits the size of a request, and
/// copies its words, so that nothing has to be released.
final class RedisRequests extends MessageToMessageDecoder<RedisMessage> {

  /// What a client asks: the name of a command and its arguments. A word holds any bytes, one per
  /// character.
  ///
  /// @param words at least one
  record Request(List<String> words) {

    /// {@return the command's name in lower case}
    String name() {
      return words.getFirst().toLowerCase(Locale.ROOT);
    }

    /// {@return a word; the name is word 0}
    String word(int index) {
      return words.get(index);
    }

    /// {@return the words after the name}
    List<String> arguments() {
      return words.subList(1, words.size());
    }

    Request exactly(int size) throws RedisError {
      return between(size, size);
    }

    Request atLeast(int size) throws RedisError {
      return between(size, Integer.MAX_VALUE);
    }

    /// {@return this request, if its number of words is right}
    Request between(int least, int most) throws RedisError {
      if (words.size() < least || words.size() > most) {
        throw new RedisError("ERR wrong number of arguments for '" + name() + "' command");
      }
      return this;
    }
  }

  private static final int BYTES_PER_WORD = 32; // so that a request of empty words is not free

  private final long largest;
  private List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder(); // of which a part has arrived
  private long missing; // words of the request that is arriving
  private long size;

  /// Creates a collector for one connection.
  ///
  /// @param largest the largest request, in bytes
  RedisRequests(long largest) {
    super(RedisMessage.class);
    this.largest = largest;
  }

  @Override
  protected void decode(ChannelHandlerContext context, RedisMessage part, List<Object> out) {
    if (missing == 0) {
      begin(part);
      return;
    }
    switch (part) {
      case BulkStringHeaderRedisMessage header -> grow(header.bulkStringLength());
      case LastBulkStringRedisContent last when !isNull(part) -> add(last.content(), out);
      case BulkStringRedisContent some when !isNull(part) ->
          word.append(some.content().toString(ISO_8859_1));
      default -> throw new RedisCodecException("expected a bulk string");
    }
  }

  private static boolean isNull(RedisMessage part) {
    return part == FullBulkStringRedisMessage.NULL_INSTANCE;
  }

  /// An empty array asks nothing, and gets no answer.
  private void begin(RedisMessage part) {
    if (!(part instanceof ArrayHeaderRedisMessage header)) {
      throw new RedisCodecException("expected an array");
    }
    missing = Math.max(0, header.length());
    size = 0;
    grow(missing * BYTES_PER_WORD);
  }

  private void grow(long more) {
    size += more;
    if (size > largest || size < 0) {
      throw new RedisCodecException("request too large, the limit is " + largest + " bytes");
    }
  }

  private void add(ByteBuf rest, List<Object> out) {
    String text = rest.toString(ISO_8859_1);
    if (!word.isEmpty()) {
      text = word.append(text).toString();
      word.setLength(0);
      word.trimToSize();
    }
    words.add(text);
    missing--;
    if (missing == 0) {
      out.add(new Request(words));
      words = new ArrayList<>();
    }
  }
}
