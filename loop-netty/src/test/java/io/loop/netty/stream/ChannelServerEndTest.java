package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.transport.Transport;
import io.loop.sync.Event;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a server of pipelines owes its peers when it ends: the same as one of streams.
class ChannelServerEndTest extends ChannelServerTests {

  private static final int LARGE = 4 << 20;

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWhileABodyWaitsForABackend_theAnswerIsSent(Transport transport) {
    runOn(
        transport,
        () -> {
          var asked = new Event();
          var backend = new Event();
          Server server =
              start(
                  lines(channel -> {
                    for (String line : channel) {
                      asked.set();
                      backend.await();
                      channel.write(line);
                    }
                    log.add("input ended");
                  }),
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "hello\n");
            asked.await();

            serving.cancel();
            polls(5);
            backend.set();

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("input ended");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWhenTheRequestLiesInTheSocket_itIsServed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTest::echo), ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            until(() -> server.connectionCount() == 1);
            polls(3);
            boolean _ =
                Tasks.onLoopThread(() -> {
                  send(client, "hello\n"); // the loop cannot look at its sockets meanwhile
                  return serving.cancel();
                });

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
          }
          assertCancelled(serving);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWithUnreadInput_aLargeAnswerArrivesWhole(Transport transport) {
    runOn(
        transport,
        () -> {
          var begun = new Event();
          var goOn = new Event();
          Server server =
              start(
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            ReferenceCountUtil.release(channel.receive());
                            begun.set();
                            goOn.await();
                            channel.write(Unpooled.wrappedBuffer(new byte[LARGE]));
                          })),
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "x");
            begun.await();
            send(client, "more that the body does not read");
            serving.cancel();
            polls(5);
            goOn.set();

            assertThat(offLoop(() -> rest(client))).hasSize(LARGE);
          }
          assertCancelled(serving);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledInTheMiddleOfARequest_itsLastPartIsRead(Transport transport) {
    runOn(
        transport,
        () -> {
          var begun = new Event();
          var options =
              HandlerOptions.DEFAULT.withLastPart(message -> message instanceof LastHttpContent);
          Server server =
              start(
                  pipeline ->
                      pipeline.addLast(
                          new HttpServerCodec(),
                          CoroutineHandler.of(
                              HttpObject.class, channel -> count(channel, begun), options)),
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc");
            begun.await();
            serving.cancel();
            polls(5);
            send(client, "def");

            assertThat(offLoop(() -> rest(client)))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\n6");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("input ended");
        });
  }

  /// Answers each request with the number of bytes in it.
  private void count(CoroutineChannel<HttpObject> channel, Event begun) throws IOException {
    int bytes = 0;
    for (HttpObject part; (part = channel.receive()) != null; ) {
      if (part instanceof HttpContent content) {
        bytes += content.content().readableBytes();
        content.release();
        begun.set();
      }
      if (part instanceof LastHttpContent) {
        var answer =
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.OK,
                Unpooled.copiedBuffer(String.valueOf(bytes), StandardCharsets.US_ASCII));
        HttpUtil.setContentLength(answer, answer.content().readableBytes());
        channel.send(answer);
        bytes = 0;
      }
    }
    log.add("input ended");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledAndTheGraceIsOver_cancelsTheBodies(Transport transport) {
    runOn(
        transport,
        () -> {
          var begun = new Event();
          Server server =
              start(
                  lines(channel -> {
                    begun.set();
                    try {
                      Pipelines.forever();
                    } catch (CancelledError cancelled) {
                      channel.write("last words\n");
                      throw cancelled;
                    }
                  }),
                  ServerOptions.DEFAULT.withGrace(Duration.ofMillis(50)));
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            begun.await();
            serving.cancel();
            assertCancelled(serving);

            assertThat(offLoop(() -> rest(client))).isEqualTo("last words\n");
          }
          assertThat(server.connectionCount()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledBeforeAnyCoroutineJoined_theConnectionIsClosed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server = start(_ -> {}, ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            until(() -> server.connectionCount() == 1);
            serving.cancel();
            assertCancelled(serving);

            assertThat(offLoop(() -> isEnded(client))).isTrue();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofAGroup_whileABodyWaitsForABackend_theAnswerIsSent(Transport transport)
      throws Exception {
    var asked = new CountDownLatch(1);
    var backend = new CountDownLatch(1);
    var group = new LoopGroup(2, transport);
    runOn(
        transport,
        () -> {
          Server server =
              start(
                  lines(channel -> {
                    for (String line : channel) {
                      asked.countDown();
                      boolean _ = backend.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                      channel.send(line + "\n");
                    }
                  }),
                  ServerOptions.DEFAULT.withGroup(group));
          try (Socket client = connect(server)) {
            send(client, "hello\n");
            boolean _ = offLoop(() -> asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            var closing = Asyncio.createTask(() -> offLoop(() -> close(group)));
            polls(5);
            backend.countDown();

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
            closing.await();
          }
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  @SuppressWarnings("deprecation") // still the only way to add a handler with an executor
  void handler_onAnExecutorOfItsOwn_isEndedThere(Transport transport) {
    try (var executors = new DefaultEventExecutorGroup(1)) {
      runOn(
          transport,
          () -> {
            var asked = new CountDownLatch(1);
            Server server =
                start(
                    pipeline -> {
                      Pipelines.lines(pipeline);
                      pipeline.addLast(
                          executors,
                          CoroutineHandler.of(
                              String.class,
                              channel -> {
                                for (String line : channel) {
                                  channel.send(line + "\n");
                                  asked.countDown();
                                }
                                log.add("input ended");
                              }));
                    },
                    ServerOptions.DEFAULT);
            Task<Void> serving = serve(server);
            try (Socket client = connect(server)) {
              send(client, "hello\n");
              boolean _ = offLoop(() -> asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
              serving.cancel();

              assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
            }
            assertCancelled(serving);
            assertThat(log).containsExactly("input ended");
          });
    }
  }
}
