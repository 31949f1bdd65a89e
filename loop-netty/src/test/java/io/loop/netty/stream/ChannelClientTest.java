package io.loop.netty.stream;

import static io.netty.buffer.Unpooled.copiedBuffer;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.ConnectTimeoutTest.Deaf;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections that are pipelines, as the coroutine sees them that opens them.
class ChannelClientTest extends ChannelServerTests {

  private static final String OTHER = "127.0.0.2";
  private static final ConnectionOptions PLAIN = ConnectionOptions.DEFAULT;
  private static final ConnectionOptions TLS = PLAIN.withTls(Certificates.clientContext());

  private final List<Channel> opened = new ArrayList<>();

  /// Makes the pipeline of a client, and remembers its channel.
  private void codec(ChannelPipeline pipeline) {
    opened.add(pipeline.channel());
    Pipelines.lines(pipeline);
  }

  private CoroutineChannel<String> connect(int port, ConnectionOptions options) throws IOException {
    return ChannelClient.connect(String.class, this::codec, LOCAL, port, options);
  }

  private CoroutineChannel<String> open(Server server) throws IOException {
    return connect(server.localAddress().getPort(), PLAIN);
  }

  private void untilNoneIsLeft() {
    until(() -> opened.stream().noneMatch(Channel::isOpen));
  }

  private static void end(Server server) {
    server.close();
    server.waitClosed();
  }

  @AfterEach
  void everyChannel_isClosed() {
    assertThat(opened).noneMatch(Channel::isOpen);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connect_aServerOfLines_sendsAndReceivesUntilItIsClosed(Transport transport) {
    run(
        transport,
        () -> {
          Server server = ChannelServer.startServer(lines(ChannelServerTests::echo), LOCAL, 0);
          int port = server.localAddress().getPort();
          int before = Task.all().size();
          CoroutineChannel<String> channel =
              ChannelClient.connect(String.class, this::codec, LOCAL, port);
          try (channel) {
            channel.send("a\nb\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.receive()).isEqualTo("b");
            assertThat(channel.remoteAddress()).isEqualTo(server.localAddress());
            assertThat(Task.all()).hasSize(before + 1); // the server's
          }
          channel.waitClosed();

          assertThat(channel.isClosing()).isTrue();
          assertThat(channel.receive()).isNull();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_thatClosesAtOnce_losesNothingThatItSent(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(lines(channel -> channel.write("a\nb\nc\n")), ServerOptions.DEFAULT);
          try (CoroutineChannel<String> channel = open(server)) {
            polls(5);

            assertThat(channel).containsExactly("a", "b", "c");
            assertThat(channel.receive()).isNull();
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_thatHalfCloses_canBeAnswered(Transport transport) {
    run(
        transport,
        () -> {
          List<String> heard = new ArrayList<>();
          Server server =
              start(
                  lines(channel -> {
                    channel.writeEof();
                    channel.forEach(heard::add);
                  }),
                  ServerOptions.DEFAULT);
          try (CoroutineChannel<String> channel = open(server)) {
            assertThat(channel.receive()).isNull();
            channel.send("still\n");
            until(() -> heard.size() == 1);
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tls_isDoneWhenConnectReturns(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          try (CoroutineChannel<String> channel = connect(server.localAddress().getPort(), TLS)) {
            SslHandler tls = channel.nettyChannel().pipeline().get(SslHandler.class);
            assertThat(tls.engine().getSession().getProtocol()).isEqualTo("TLSv1.3");

            channel.send("a\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.canWriteEof()).isFalse();
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void codec_thatWritesWhenTheChannelIsActive_isProtectedByTls(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          PipelineInitializer greeting =
              pipeline -> {
                codec(pipeline);
                pipeline.addLast(
                    new ChannelInboundHandlerAdapter() {
                      @Override
                      public void channelActive(ChannelHandlerContext context) {
                        var _ = context.writeAndFlush("hello\n");
                        context.fireChannelActive();
                      }
                    });
              };
          try (CoroutineChannel<String> channel =
              ChannelClient.connect(
                  String.class, greeting, LOCAL, server.localAddress().getPort(), TLS)) {
            assertThat(channel.receive()).isEqualTo("hello");
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void handshake_thatFails_leavesNoChannel(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server plain = start(lines(channel -> channel.write("hi\n")), ServerOptions.DEFAULT);
          var strangers = Certificates.build(Certificates.client(Certificates.STRANGER));

          assertThatThrownBy(() -> connect(plain.localAddress().getPort(), TLS))
              .isInstanceOf(SSLHandshakeException.class)
              .hasMessageStartingWith("TLS handshake with " + LOCAL)
              .hasCauseInstanceOf(IOException.class);
          untilNoneIsLeft();
          end(plain);
          Server secure =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          assertThatThrownBy(
                  () -> connect(secure.localAddress().getPort(), PLAIN.withTls(strangers)))
              .isInstanceOf(SSLHandshakeException.class);
          untilNoneIsLeft();
          end(secure);

          assertThat(reports).noneMatch(report -> opened.contains(report.details().get("channel")));
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connection_thatIsRefused_namesTheAddress(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          end(server);

          assertThatThrownBy(() -> connect(port, PLAIN))
              .isInstanceOf(ConnectException.class)
              .hasMessageStartingWith("could not connect to " + LOCAL + ":" + port + ": ");
          untilNoneIsLeft();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void name_thatDoesNotResolve_isTheResolversFailure(Transport transport) {
    var unknown = new UnknownHostException("nowhere.invalid: no such name");
    run(
        transport,
        () -> {
          ConnectionOptions options =
              PLAIN.withResolver(_ -> {
                throw unknown;
              });

          assertThatThrownBy(() ->
                  ChannelClient.connect(String.class, this::codec, "nowhere.invalid", 7, options))
              .isSameAs(unknown);
        });
    assertThat(opened).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void addresses_areTriedAsForStreams(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          List<InetAddress> both =
              List.of(InetAddress.ofLiteral(OTHER), InetAddress.ofLiteral(LOCAL));
          ConnectionOptions options =
              PLAIN
                  .withResolver(_ -> both)
                  .withHappyEyeballs(Duration.ZERO)
                  .withLocalAddress(new InetSocketAddress(InetAddress.ofLiteral(LOCAL), 0));
          try (CoroutineChannel<String> channel =
              ChannelClient.connect(String.class, this::codec, "both.test", port, options)) {
            channel.send("a\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.remoteAddress()).isEqualTo(server.localAddress());
            assertThat(opened).hasSize(2);
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void handlersOfTheOptions_andAProxyHeader_comeBeforeTls(Transport transport) {
    run(
        transport,
        () -> {
          List<Object> seen = new ArrayList<>();
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    seen.add(writer.getExtraInfo("peername"));
                    writer.write(reader.readLine());
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT
                      .withProxyProtocol(ProxyProtocol.DEFAULT.withTrusted(LOCAL))
                      .withTls(Certificates.serverContext()));
          var client = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1234);
          ConnectionOptions options =
              TLS.withPipeline(pipeline -> pipeline.addLast("wire", new WireHandler()))
                  .withProxyProtocol(ProxyHeader.of(client, server.localAddress()));
          try (CoroutineChannel<String> channel =
              connect(server.localAddress().getPort(), options)) {
            channel.send("a\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(seen).containsExactly(client);
            assertThat(channel.nettyChannel().pipeline().names()).startsWith("wire");
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  private static final class WireHandler extends ChannelInboundHandlerAdapter {}

  @ParameterizedTest
  @MethodSource("transports")
  void initializer_thatThrows_failsTheConnect(Transport transport) {
    var fault = new IOException("no codec");
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          PipelineInitializer failing =
              pipeline -> {
                codec(pipeline);
                throw fault;
              };

          for (ConnectionOptions options : List.of(PLAIN, TLS)) {
            assertThatThrownBy(
                    () -> ChannelClient.connect(String.class, failing, LOCAL, port, options))
                .isSameAs(fault);
          }
          assertThatThrownBy(() -> connect(port, PLAIN.withTls(Certificates.serverContext())))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("the TLS context is made for a server");
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void options_thatAreForStreamsOnlyAndMatter_areRefused(Transport transport) {
    run(
        transport,
        () ->
            assertThatThrownBy(() ->
                    connect(
                        7,
                        PLAIN.withTls(
                            TlsOptions.of(Certificates.clientContext()).withCloseNotifyRequired())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("requireCloseNotify is for streams"));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancellation_whileItConnects_leavesNoChannel(Transport transport) throws Exception {
    try (var deaf = new Deaf()) {
      run(
          transport,
          () -> {
            String host = deaf.address().getHostString();
            Task<?> connecting =
                Asyncio.createTask(
                    () -> ChannelClient.connect(String.class, this::codec, host, deaf.port()));
            until(() -> !opened.isEmpty());
            polls(2);

            connecting.cancel();

            assertThatThrownBy(connecting::await).isInstanceOf(CancelledError.class);
            untilNoneIsLeft();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancellation_duringTheHandshake_leavesNoChannel(Transport transport) {
    run(
        transport,
        () -> {
          Server silent =
              start(
                  pipeline -> pipeline.addLast(Pipelines.bytes(_ -> Pipelines.forever())),
                  ServerOptions.DEFAULT);
          int port = silent.localAddress().getPort();
          Task<?> connecting = Asyncio.createTask(() -> connect(port, TLS));
          until(() -> silent.connectionCount() == 1 && opened.getFirst().isActive());
          polls(2);

          connecting.cancel();

          assertThatThrownBy(connecting::await).isInstanceOf(CancelledError.class);
          untilNoneIsLeft();
          silent.abortClients();
          end(silent);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancellation_atAnyTime_leavesNoChannel(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          int port = server.localAddress().getPort();
          for (int i = 0; i < 40; i++) {
            Task<CoroutineChannel<String>> connecting =
                Asyncio.createTask(() -> connect(port, TLS));
            for (int ticks = 0; ticks < i % 8; ticks++) {
              Asyncio.sleep(Duration.ZERO);
            }

            connecting.cancel();

            try {
              connecting.await().close();
            } catch (CancelledError expected) {
              assertThat(connecting.isCancelled()).isTrue();
            }
          }
          untilNoneIsLeft();
          end(server);
          assertThat(reports) // the server's: its clients give up
              .allMatch(report -> report.exception() instanceof UncheckedIOException);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void messages_thatNobodyReceived_areReleasedWhenItIsClosed(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(lines(channel -> channel.send("a\nb\nc\n")), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          List<ByteBuf> all = new ArrayList<>();
          CoroutineChannel<ByteBuf> channel =
              ChannelClient.connect(
                  ByteBuf.class,
                  pipeline -> {
                    opened.add(pipeline.channel());
                    pipeline.addLast(
                        new LineBasedFrameDecoder(64),
                        new ChannelInboundHandlerAdapter() {
                          @Override
                          public void channelRead(ChannelHandlerContext context, Object line) {
                            all.add((ByteBuf) line);
                            context.fireChannelRead(line);
                          }
                        });
                  },
                  LOCAL,
                  port);
          until(() -> all.size() == 3);
          ByteBuf turn = channel.readable().iterator().next();
          assertThat(turn.toString(US_ASCII)).isEqualTo("a");

          channel.close();

          assertThat(all).allMatch(line -> line.refCnt() == 0);
          assertThat(channel.receive()).isNull();
          channel.abort();
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_thatFailed_isThrownByWaitClosed(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          CoroutineChannel<String> channel = open(server);
          channel.write(new Object());

          channel.close();

          assertThatThrownBy(channel::waitClosed).isInstanceOf(UnsupportedOperationException.class);
          assertThat(reports).hasSize(1);
          channel.waitClosed();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void detach_leavesTheChannelOpenAlsoWhenItIsClosedAfterwards(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          List<Object> taken = new ArrayList<>();
          CoroutineChannel<String> channel = open(server);
          try (channel) {
            channel.send("a\n");
            polls(3);
            opened
                .getFirst()
                .eventLoop()
                .execute(() -> opened.getFirst().pipeline().addLast(new Taking(taken)));
            until(() -> opened.getFirst().pipeline().get(Taking.class) != null);

            channel.detach();
          }
          polls(3);

          assertThat(opened).allMatch(Channel::isOpen);
          assertThat(taken).containsExactly("a");
          var _ = opened.getFirst().close();
          untilNoneIsLeft();
          end(server);
        });
  }

  private static final class Taking extends ChannelInboundHandlerAdapter {
    private final List<Object> taken;

    Taking(List<Object> taken) {
      this.taken = taken;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      taken.add(message);
    }
  }

  /// The leak gate sees what is left.
  @ParameterizedTest
  @MethodSource("transports")
  void loop_thatCloses_closesWhatIsOpen(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            channel.send(copiedBuffer("a", US_ASCII));
                            channel.waitClosed();
                          })),
                  ServerOptions.DEFAULT);
          List<CoroutineChannel<ByteBuf>> channels = new ArrayList<>();
          channels.add(
              ChannelClient.connect(
                  ByteBuf.class,
                  pipeline -> opened.add(pipeline.channel()),
                  LOCAL,
                  server.localAddress().getPort()));
          ByteBuf first = channels.getFirst().receive();
          ReferenceCountUtil.release(first);
        });
    assertThat(opened).hasSize(1);
  }
}
