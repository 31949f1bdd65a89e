package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.sync.Event;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
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
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers of Netty pipelines: the same limits and the same end as servers of streams.
class ChannelServerTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int LARGE = 4 << 20;

  private final List<String> log = new CopyOnWriteArrayList<>();

  /// Runs a body on a loop of the kind that is tested.
  void runOn(Transport transport, Coro.Action body) {
    run(transport, body);
  }

  private static Server start(PipelineInitializer pipeline, ServerOptions options)
      throws IOException {
    return ChannelServer.startServer(pipeline, LOCAL, 0, options);
  }

  private static PipelineInitializer lines(ChannelBody<String> body) {
    return pipeline -> Pipelines.lines(body).accept(pipeline);
  }

  private static void echo(CoroutineChannel<String> channel) throws IOException {
    for (String line : channel) {
      channel.send(line + "\n");
    }
  }

  private static Task<Void> serve(Server server) {
    return Asyncio.createTask(() -> server.serveForever());
  }

  private static void assertCancelled(Task<Void> task) {
    assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
  }

  private static void send(Socket socket, String text) {
    try {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static String rest(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  private static boolean isEnded(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_aPipelineOfCodecs_isServedUntilItIsClosed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server = ChannelServer.startServer(lines(ChannelServerTest::echo), LOCAL, 0);
          try (Socket client = connect(server)) {
            send(client, "a\nb\n");
            client.shutdownOutput();

            assertThat(offLoop(() -> rest(client))).isEqualTo("a\nb\n");
          }
          server.close();
          server.waitClosed();

          assertThat(server.connectionCount()).isZero();
        });
  }

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

  private static boolean close(LoopGroup group) {
    group.close();
    return true;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connections_beyondTheLimit_areTurnedAwayAndNeverServed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server =
              start(
                  lines(channel -> {
                    log.add("served");
                    echo(channel);
                  }),
                  ServerOptions.DEFAULT.withLimits(ServerLimits.NONE.withConnections(1, 1)));
          Socket first = connect(server);
          until(() -> log.size() == 1);
          Socket second = connect(server);

          assertThat(offLoop(() -> isEnded(second))).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          first.close();
          until(() -> server.connectionCount() == 0);
          Socket third = connect(server);
          send(third, "x\n");
          third.shutdownOutput();

          assertThat(offLoop(() -> rest(third))).isEqualTo("x\n");
          assertThat(log).hasSize(2);
          second.close();
          third.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void silence_longerThanTheLimit_endsTheConnectionAndTalkDoesNot(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          List<Throwable> faults = new ArrayList<>();
          Server server =
              start(
                  lines(channel -> {
                    try {
                      echo(channel);
                    } catch (UncheckedIOException silent) {
                      faults.add(silent.getCause());
                    }
                  }),
                  ServerOptions.DEFAULT.withLimits(
                      ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(4))));
          Socket client = connect(server);
          for (int i = 0; i < 12; i++) { // longer than the limit, all in all
            send(client, "x\n");
            byte[] answer = offLoop(() -> client.getInputStream().readNBytes(2));
            assertThat(answer).asString().isEqualTo("x\n");
            time.skip(HOUR);
          }

          assertThat(faults).isEmpty();
          while (faults.isEmpty()) {
            time.skip(HOUR);
          }
          assertThat(faults).singleElement().isInstanceOf(SocketTimeoutException.class);
          assertThat(offLoop(() -> isEnded(client))).isTrue();
          client.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void firstMessage_notCompleteInTime_endsTheConnection(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              start(
                  lines(channel -> {
                    try {
                      echo(channel);
                    } catch (UncheckedIOException slow) {
                      log.add(String.valueOf(slow.getCause().getMessage()));
                    }
                  }),
                  ServerOptions.DEFAULT.withLimits(
                      ServerLimits.NONE.withFirstMessageTimeout(HOUR.multipliedBy(4))));
          Socket client = connect(server);
          while (log.isEmpty()) {
            send(client, "x"); // never a line
            time.skip(HOUR);
          }

          assertThat(log).containsExactly("no complete message for too long");
          client.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void pipeline_thatCannotBeBuilt_isThatConnectionsFailure(Transport transport) {
    runOn(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              start(
                  pipeline -> {
                    if (log.isEmpty()) {
                      log.add("first");
                      throw new IOException("not this one");
                    }
                    Pipelines.lines(ChannelServerTest::echo).accept(pipeline);
                  },
                  ServerOptions.DEFAULT);
          Socket first = connect(server);
          assertThat(offLoop(() -> isEnded(first))).isTrue();
          Socket second = connect(server);
          send(second, "x\n");
          second.shutdownOutput();

          assertThat(offLoop(() -> rest(second))).isEqualTo("x\n");
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Could not serve a connection");
          first.close();
          second.close();
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

  @ParameterizedTest
  @MethodSource("transports")
  void bind_aBootstrapOfTheProgram_keepsItsOptionsAndIsNotChanged(Transport transport) {
    runOn(
        transport,
        () -> {
          var bootstrap =
              new ServerBootstrap()
                  .childOption(ChannelOption.SO_KEEPALIVE, true)
                  .childHandler(
                      Pipelines.initializer(
                          Pipelines.lines(channel -> {
                            log.add(
                                "keepalive "
                                    + channel
                                        .nettyChannel()
                                        .config()
                                        .getOption(ChannelOption.SO_KEEPALIVE));
                            echo(channel);
                          })));
          Server server =
              ChannelServer.bind(
                  bootstrap, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "x\n");
            until(() -> log.size() == 1);
            serving.cancel();

            assertThat(offLoop(() -> rest(client))).isEqualTo("x\n");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("keepalive true");
          assertThat(bootstrap.config().group()).isNull();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bind_withoutAHandlerOrOnATakenAddress_saysSo(Transport transport) {
    runOn(
        transport,
        () -> {
          var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
          assertThatThrownBy(() -> ChannelServer.bind(new ServerBootstrap(), address))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("the bootstrap needs a childHandler");
          var bootstrap = new ServerBootstrap().childHandler(Pipelines.initializer(_ -> {}));
          Server server = ChannelServer.bind(bootstrap, address);
          assertThatThrownBy(() -> ChannelServer.bind(bootstrap, server.localAddress()))
              .isInstanceOf(BindException.class)
              .hasMessageStartingWith("could not listen on 127.0.0.1:");
          server.close();
          server.waitClosed();
        });
  }
}
