package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's HTTP/2: a coroutine per stream, with the same handler class.
class Http2PipelineTest extends OnNetty {

  private static final int STREAMS = 20;

  private static void serveStream(CoroutineChannel<Http2StreamFrame> stream, List<Task<?>> tasks)
      throws IOException {
    tasks.add(Task.current());
    var path = new String[1];
    boolean[] ended = new boolean[1];
    while (!ended[0]
        && stream.receive(frame -> {
          if (frame instanceof Http2HeadersFrame headers) {
            path[0] = String.valueOf(headers.headers().path());
            ended[0] = headers.isEndStream();
          } else if (frame instanceof Http2DataFrame data) {
            ended[0] = data.isEndStream();
          }
        })) {
      Asyncio.sleep(Duration.ZERO);
    }
    int number = Integer.parseInt(path[0].substring(1));
    Asyncio.sleep(Duration.ofMillis(STREAMS - number));
    Http2Headers headers = new DefaultHttp2Headers().status("200");
    stream.write(new DefaultHttp2HeadersFrame(headers, false));
    stream.send(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(path[0], US_ASCII), true));
  }

  private static String ask(Channel connection, int number) {
    var answer = new LoopFuture<String>();
    var stream =
        new Http2StreamChannelBootstrap(connection)
            .handler(
                CoroutineHandler.of(
                    Http2StreamFrame.class,
                    channel -> {
                      Http2Headers headers =
                          new DefaultHttp2Headers()
                              .method("POST")
                              .path("/" + number)
                              .scheme("http")
                              .authority("x");
                      channel.write(new DefaultHttp2HeadersFrame(headers, false));
                      channel.send(
                          new DefaultHttp2DataFrame(Unpooled.copiedBuffer("body", US_ASCII), true));
                      for (Http2StreamFrame frame : channel) {
                        if (frame instanceof Http2DataFrame data) {
                          answer.setResult(data.content().toString(US_ASCII));
                        }
                        ReferenceCountUtil.release(frame);
                      }
                    }));
    Loop.running()
        .callSoon(() -> {
          var _ = stream.open();
        });
    return answer.await();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void streams_manyOnOneConnection_haveACoroutineEach(Transport transport) {
    run(
        transport,
        () -> {
          List<Task<?>> tasks = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Http2FrameCodecBuilder.forServer().build(),
                          new Http2MultiplexHandler(
                              Pipelines.initializer(stream ->
                                  stream.addLast(
                                      CoroutineHandler.of(
                                          Http2StreamFrame.class,
                                          channel -> serveStream(channel, tasks)))))));
          Channel connection =
              Pipelines.connect(
                  transport,
                  server,
                  pipeline ->
                      pipeline.addLast(
                          Http2FrameCodecBuilder.forClient().build(),
                          new Http2MultiplexHandler(Pipelines.initializer(_ -> {}))));

          List<Task<String>> answers = new ArrayList<>();
          for (int i = 0; i < STREAMS; i++) {
            int number = i;
            answers.add(Asyncio.createTask(() -> ask(connection, number)));
          }

          for (int i = 0; i < STREAMS; i++) {
            assertThat(answers.get(i).await()).isEqualTo("/" + i);
          }
          assertThat(tasks).doesNotHaveDuplicates().hasSize(STREAMS);
        });
  }
}
