package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.SkippableTime;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The timeouts of connections whose streams are channels of their own.
class Http2LimitsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final Duration HOUR = Duration.ofHours(1);

  private final List<Throwable> faults = new ArrayList<>();
  private int received; // on streams

  private Server start(ServerLimits limits) throws IOException {
    return ChannelServer.startServer(
        this::initialize, LOCAL, 0, ServerOptions.DEFAULT.withLimits(limits));
  }

  private void initialize(ChannelPipeline pipeline) {
    pipeline.addLast(
        Http2FrameCodecBuilder.forServer().build(),
        new Http2MultiplexHandler(
            Pipelines.initializer(stream ->
                stream.addLast(CoroutineHandler.of(Http2StreamFrame.class, this::count)))),
        CoroutineHandler.of(Http2GoAwayFrame.class, this::awaitEnd));
  }

  private void count(CoroutineChannel<Http2StreamFrame> stream) throws IOException {
    boolean more = true;
    while (more) {
      more = stream.receive(_ -> received++);
    }
  }

  private void awaitEnd(CoroutineChannel<Http2GoAwayFrame> connection) {
    try {
      boolean _ = connection.receive(_ -> {});
    } catch (IOException fault) {
      faults.add(fault);
    }
  }

  private static CoroutineChannel<Http2GoAwayFrame> open(Server server) throws IOException {
    return ChannelClient.connect(
        Http2GoAwayFrame.class,
        pipeline ->
            pipeline.addLast(
                Http2FrameCodecBuilder.forClient().build(),
                new Http2MultiplexHandler(Pipelines.initializer(_ -> {}))),
        LOCAL,
        server.localAddress().getPort());
  }

  private static CoroutineChannel<Http2StreamFrame> openStream(
      CoroutineChannel<Http2GoAwayFrame> connection) {
    var opened = new LoopFuture<CoroutineChannel<Http2StreamFrame>>();
    var bootstrap =
        new Http2StreamChannelBootstrap(connection.nettyChannel())
            .handler(
                Pipelines.initializer(stream ->
                    opened.setResult(CoroutineChannel.addTo(stream, Http2StreamFrame.class))));
    Loop.running()
        .callSoon(() -> {
          var _ = bootstrap.open();
        });
    return opened.await();
  }

  private static void post(CoroutineChannel<Http2StreamFrame> stream) {
    var headers = new DefaultHttp2Headers().method("POST").path("/").scheme("http").authority("x");
    stream.write(new DefaultHttp2HeadersFrame(headers));
  }

  private static void end(Server server, CoroutineChannel<?>... channels) throws IOException {
    for (CoroutineChannel<?> channel : channels) {
      channel.abort();
    }
    server.close();
    server.waitClosed();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void idleTimeout_whileAStreamReceives_doesNotEndTheConnection(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server = start(ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(4)));
          var connection = open(server);
          var stream = openStream(connection);
          post(stream);

          for (int i = 0; i < 12; i++) { // longer than the limit, all in all
            stream.send(new DefaultHttp2DataFrame(Unpooled.buffer().writeByte(i)));
            int expected = i + 2;
            until(() -> received == expected);
            time.skip(HOUR);
          }
          assertThat(faults).isEmpty();

          while (faults.isEmpty()) {
            time.skip(HOUR);
          }
          assertThat(faults).singleElement().isInstanceOf(SocketTimeoutException.class);
          end(server, stream, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void firstMessageTimeout_afterAStreamHasReceived_doesNotEndTheConnection(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server = start(ServerLimits.NONE.withFirstMessageTimeout(HOUR));
          var silent = open(server);
          var connection = open(server);
          var stream = openStream(connection);
          post(stream);
          until(() -> received == 1);

          time.skip(HOUR);
          time.skip(HOUR);

          assertThat(faults).singleElement().isInstanceOf(SocketTimeoutException.class);
          assertThat(server.connectionCount()).isOne();
          end(server, stream, connection, silent);
        });
  }
}
