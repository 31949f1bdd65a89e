package io.loop.netty.connection;

import io.loop.netty.OnNetty;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.TlsTest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.compression.ZlibCodecFactory;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.logging.LogLevel;
import io.netty.handler.logging.LoggingHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;

/// Kinds of handlers, one that records, and options for both sides.
@SuppressWarnings("FutureReturnValueIgnored") // the handlers pass on the promises
abstract class WirePipelineFixture extends OnNetty {

  static final String LOCAL = "127.0.0.1";
  static final byte[] DATA = TlsTest.randomBytes(300_000);
  static final int CLIENT_HELLO = 22;
  static final int LIMIT = 64 << 10;

  @TempDir Path directory;

  /// Netty's handlers that are used in this place.
  enum Kind {
    LOGGING,
    SHAPING,
    IDLE,
    FLUSHING,
    COMPRESSING;

    ChannelPipeline addTo(ChannelPipeline pipeline) {
      return switch (this) {
        case LOGGING -> pipeline.addLast(new LoggingHandler(LogLevel.TRACE));
        case SHAPING ->
            pipeline.addLast(new ChannelTrafficShapingHandler(50_000_000, 50_000_000, 100));
        case IDLE -> pipeline.addLast(new IdleStateHandler(60, 60, 60));
        case FLUSHING -> pipeline.addLast(new FlushConsolidationHandler(256, true));
        case COMPRESSING ->
            pipeline.addLast(
                ZlibCodecFactory.newZlibEncoder(ZlibWrapper.GZIP),
                ZlibCodecFactory.newZlibDecoder(ZlibWrapper.GZIP, 0));
      };
    }
  }

  /// Keeps the bytes that come and go.
  static final class Recorder extends ChannelDuplexHandler {
    final ByteArrayOutputStream in = new ByteArrayOutputStream();
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final List<Object> events = new ArrayList<>();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
      keep(in, message);
      context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
        throws IOException {
      keep(out, message);
      context.write(message, promise);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      events.add(event);
      context.fireUserEventTriggered(event);
    }

    private static void keep(ByteArrayOutputStream into, Object message) throws IOException {
      var bytes = (ByteBuf) message;
      bytes.getBytes(bytes.readerIndex(), into, bytes.readableBytes());
    }

    String text() {
      return in.toString(StandardCharsets.ISO_8859_1) + out.toString(StandardCharsets.ISO_8859_1);
    }
  }

  static Stream<Arguments> kinds() {
    return transports()
        .flatMap(transport ->
            Arrays.stream(Kind.values())
                .flatMap(kind ->
                    Stream.of(
                        Arguments.of(transport, kind, false),
                        Arguments.of(transport, kind, true))));
  }

  static ServerOptions server(boolean tls) {
    return tls ? TlsTest.SERVER : ServerOptions.DEFAULT;
  }

  static ConnectionOptions client(boolean tls) {
    return tls ? TlsTest.CLIENT : ConnectionOptions.DEFAULT;
  }

  public static boolean endOf(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }
}
