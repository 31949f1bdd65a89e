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
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How the channel of a client ends: failures, cancellations, and the ways to give it up.
class ChannelClientEndTest extends ChannelClientTests {

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
