package io.loop.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.channel.CoroutineHandler;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// An HTTP server whose handlers and coroutines count in the same map, which locks an entry while
/// it is computed.
final class CounterStressTest extends OnNetty {

  private static final int CONNECTIONS = 36;
  private static final int KEYS = 3;
  private static final byte[] REQUEST =
      "GET /key HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(US_ASCII);

  static Stream<LoopKind> kinds() {
    return LoopKind.all();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void requests_countedByHandlersAndCoroutines_areAllAnsweredAndCounted(LoopKind kind) {
    ConcurrentMap<Integer, Integer> counters = new ConcurrentHashMap<>();
    var answers = new AtomicInteger();
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        var server = kind.listen(loops, pipeline -> count(pipeline, counters));
        for (int i = 0; i < CONNECTIONS; i++) {
          stress.client(
              server,
              socket -> {
                ask(socket);
                answers.incrementAndGet();
              });
        }
        stress.finish();
      });
    }

    assertThat(counters.values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(2 * answers.get());
  }

  private static void count(ChannelPipeline pipeline, ConcurrentMap<Integer, Integer> counters) {
    var turn = new AtomicInteger();
    pipeline.addLast(
        new HttpServerCodec(),
        new HttpObjectAggregator(1 << 20),
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext context, Object message) {
            counters.merge(turn.incrementAndGet() % KEYS, 1, Integer::sum);
            context.fireChannelRead(message);
          }
        },
        CoroutineHandler.of(
            FullHttpRequest.class,
            channel -> {
              for (FullHttpRequest request : channel) {
                int key = turn.get() % KEYS;
                if (turn.get() % 5 == 0) {
                  counters.compute(key, (_, before) -> slowly(before));
                } else {
                  counters.merge(key, 1, Integer::sum);
                }
                channel.send(answer(request, key));
              }
            }));
  }

  private static int slowly(Integer before) {
    try {
      Thread.sleep(1);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return before == null ? 1 : before + 1;
  }

  private static FullHttpResponse answer(FullHttpRequest request, int key) {
    try {
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.OK,
              Unpooled.copiedBuffer(Integer.toString(key), US_ASCII));
      HttpUtil.setContentLength(response, response.content().readableBytes());
      return response;
    } finally {
      request.release();
    }
  }

  /// Sends a request and reads its answer: a head, and one octet.
  private static void ask(Socket socket) throws IOException {
    socket.getOutputStream().write(REQUEST);
    InputStream answer = socket.getInputStream();
    int end = 0;
    while (end != 0x0d0a0d0a) {
      int octet = answer.read();
      if (octet < 0) {
        throw new EOFException("the server has closed the connection");
      }
      end = end << 8 | octet;
    }
    new DataInputStream(answer).readByte();
  }
}
