package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// A blocking client: a socket of the JDK, and Netty's codec.
final class RedisClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private final EmbeddedChannel codec =
      new EmbeddedChannel(
          new RedisDecoder(),
          new RedisBulkStringAggregator(),
          new RedisArrayAggregator(100, 2),
          new RedisEncoder());

  RedisClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  Socket socket() {
    return socket;
  }

  String call(String... words) throws IOException {
    sendBytes(encode(words));
    return receive();
  }

  void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /// {@return a request as bytes}
  byte[] encode(String... words) {
    List<RedisMessage> parts =
        Arrays.stream(words)
            .map(word ->
                (RedisMessage)
                    new FullBulkStringRedisMessage(
                        Unpooled.wrappedBuffer(word.getBytes(ISO_8859_1))))
            .toList();
    codec.writeOutbound(new ArrayRedisMessage(parts));
    var bytes = new ByteArrayOutputStream();
    for (ByteBuf part; (part = codec.readOutbound()) != null; part.release()) {
      bytes.writeBytes(ByteBufUtil.getBytes(part));
    }
    return bytes.toByteArray();
  }

  /// {@return the next answer, as redis-cli prints it, arrays in one line}
  String receive() throws IOException {
    Object answer = codec.readInbound();
    while (answer == null) {
      byte[] block = new byte[65_536];
      int length = socket.getInputStream().read(block);
      if (length < 0) {
        throw new EOFException();
      }
      codec.writeInbound(Unpooled.wrappedBuffer(block, 0, length));
      answer = codec.readInbound();
    }
    String text = text(answer);
    ReferenceCountUtil.release(answer);
    return text;
  }

  private static String text(Object answer) {
    return switch (answer) {
      case SimpleStringRedisMessage line -> line.content();
      case ErrorRedisMessage error -> "(error) " + error.content();
      case IntegerRedisMessage number -> "(integer) " + number.value();
      case FullBulkStringRedisMessage bulk ->
          bulk.isNull() ? "(nil)" : '"' + bulk.content().toString(ISO_8859_1) + '"';
      case ArrayRedisMessage array ->
          array.children().stream()
              .map(RedisClient::text)
              .collect(Collectors.joining(" ", "[", "]"));
      default -> throw new AssertionError("not an answer: " + answer);
    };
  }

  @Override
  public void close() throws IOException {
    codec.finishAndReleaseAll();
    socket.close();
  }
}
