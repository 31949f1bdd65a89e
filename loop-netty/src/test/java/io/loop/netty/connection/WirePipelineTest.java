package io.loop.netty.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.Certificates;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.stream.TlsTest;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamWriter;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.logging.LoggingHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Handlers of the program between the socket and the stream: data, files, half-closes, TLS,
/// back-pressure, the end.
@SuppressWarnings("FutureReturnValueIgnored") // the handlers pass on the promises
public class WirePipelineTest extends WirePipelineFixture {

  @ParameterizedTest
  @MethodSource("kinds")
  void handlersOfNetty_bytesFilesAndEnds_arriveWhole(Transport transport, Kind kind, boolean tls)
      throws IOException {
    Path file = Files.write(directory.resolve("data"), DATA);
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    byte[] first = reader.readExactly(DATA.length);
                    writer.write(first);
                    writer.drain();
                    Streams.sendfile(writer, file);
                    if (writer.canWriteEof()) {
                      assertThat(reader.read()).isEmpty(); // the peer's half-close
                    }
                    writer.write(TlsTest.ascii("end"));
                  },
                  LOCAL,
                  0,
                  server(tls).withPipeline(kind::addTo));
          StreamConnection connection = TlsTest.open(server, client(tls).withPipeline(kind::addTo));

          connection.writer().write(DATA);
          connection.writer().drain();
          if (connection.writer().canWriteEof()) {
            connection.writer().writeEof();
          }
          byte[] all = connection.reader().read();

          assertThat(all).hasSize(2 * DATA.length + 3).startsWith(DATA).endsWith('e', 'n', 'd');
          assertThat(Arrays.copyOfRange(all, DATA.length, 2 * DATA.length)).isEqualTo(DATA);
          TlsTest.end(server, connection);
        });
  }

  /// The server is cancelled while Netty's handler still holds most of the answer.
  @ParameterizedTest
  @MethodSource("transports")
  void gracefulEnd_handlerHoldsTheAnswer_itIsSentWhole(Transport transport) {
    run(
        transport,
        () -> {
          var port = new AtomicInteger();
          Task<?> serving =
              Asyncio.createTask(() -> {
                Server server =
                    Streams.startServer(
                        (reader, writer) -> {
                          reader.readLine();
                          writer.write(DATA);
                        },
                        LOCAL,
                        0,
                        ServerOptions.DEFAULT.withPipeline(pipeline ->
                            pipeline.addLast(new ChannelTrafficShapingHandler(1_000_000, 0, 100))));
                port.set(server.localAddress().getPort());
                server.serveForever();
                return true;
              });
          until(() -> port.get() > 0);
          StreamConnection connection = Streams.openConnection(LOCAL, port.get());
          connection.writer().write(TlsTest.ascii("go\n"));
          byte[] first = connection.reader().readExactly(1);

          serving.cancel();
          byte[] rest = connection.reader().read();

          assertThat(first.length + rest.length).isEqualTo(DATA.length);
          connection.close();
          assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tls_handlersAreOnItsOuterSide(Transport transport) {
    run(
        transport,
        () -> {
          var wire = new Recorder();
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  TlsTest.SERVER.withPipeline(pipeline -> pipeline.addLast(wire)));
          StreamConnection connection = TlsTest.open(server, TlsTest.CLIENT);
          connection.writer().write(TlsTest.ascii("a secret\n"));
          connection.reader().readLine();

          assertThat(wire.in.toByteArray()[0]).isEqualTo((byte) CLIENT_HELLO);
          assertThat(wire.text()).doesNotContain("secret");
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startTls_handlersStayOnItsOuterSide(Transport transport) {
    run(
        transport,
        () -> {
          var wire = new Recorder();
          var here = new Recorder();
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    writer.write(reader.readLine());
                    writer.drain();
                    polls(5); // so that the start of the handshake is in the reader
                    Streams.startTls(writer, TlsOptions.of(Certificates.serverContext()));
                    TlsTest.echo(reader, writer);
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(pipeline -> pipeline.addLast(wire)));
          StreamConnection connection =
              TlsTest.open(
                  server,
                  ConnectionOptions.DEFAULT.withPipeline(pipeline -> pipeline.addLast(here)));
          connection.writer().write(TlsTest.ascii("hello\n"));
          connection.reader().readLine();
          Streams.startTls(
              connection.writer(),
              TlsOptions.of(Certificates.clientContext()).withServerHostname(LOCAL));
          connection.writer().write(TlsTest.ascii("a secret\n"));

          assertThat(connection.reader().readLine()).asString().isEqualTo("a secret\n");
          for (Recorder each : List.of(wire, here)) {
            assertThat(each.text()).contains("hello").doesNotContain("secret");
          }
          assertThat(wire.in.size()).isEqualTo(here.out.size()); // nothing was seen twice
          TlsTest.end(server, connection);
        });
  }

  /// Traffic shaping resumes reading by itself when its time has come.
  @ParameterizedTest
  @MethodSource("transports")
  void reading_resumedByAHandler_isPausedAgainWhileTheReaderIsFull(Transport transport) {
    var accepted = new AtomicReference<StreamWriter>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    accepted.set(writer);
                    Asyncio.sleep(PATIENCE);
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withLimit(LIMIT));
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(new byte[16 << 20]);
          until(() -> accepted.get() != null);
          Connection handler = Connection.of(accepted.get());
          Channel channel = handler.channel();
          until(() -> !channel.config().isAutoRead());
          polls(5);
          int before = handler.reader().buffered();

          for (int i = 0; i < 20; i++) {
            Tasks.onLoopThread(() -> channel.config().setAutoRead(true));
            polls(5);
            assertThat(channel.config().isAutoRead()).isFalse();
          }

          assertThat(handler.reader().buffered() - before).isLessThan(20 * 3 * (64 << 10));
          server.abortClients();
          connection.writer().abort();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void promises_handlerListens_areCompleted(Transport transport) {
    var written = new AtomicInteger();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(
                      pipeline -> pipeline.addLast(counting(written))));
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello\n"));
          connection.reader().readLine();

          until(() -> written.get() == 1);
          TlsTest.end(server, connection);
        });
  }

  private static ChannelOutboundHandlerAdapter counting(AtomicInteger written) {
    return new ChannelOutboundHandlerAdapter() {
      @Override
      public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        context.write(message, promise);
        promise.addListener(done -> {
          if (done.isSuccess()) {
            written.incrementAndGet();
          }
        });
      }
    };
  }

  @ParameterizedTest
  @MethodSource("transports")
  void halfClose_handlersSeeIt(Transport transport) {
    var wire = new Recorder();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(pipeline -> pipeline.addLast(wire)));
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello"));
          connection.writer().writeEof();

          assertThat(connection.reader().read()).asString().isEqualTo("hello");
          assertThat(wire.events).contains(ChannelInputShutdownEvent.INSTANCE);
          TlsTest.end(server, connection);
        });
  }

  @Test
  void files_handlersThatPassThemOn_areSentByTheSystem() {
    var channel = new EmbeddedChannel();
    assertThat(WireHandlers.passFiles(channel.pipeline())).isTrue();
    channel
        .pipeline()
        .addLast(
            new LoggingHandler(),
            new IdleStateHandler(1, 1, 1),
            new FlushConsolidationHandler(),
            new ChannelInboundHandlerAdapter());

    assertThat(WireHandlers.passFiles(channel.pipeline())).isTrue();
    channel.finish();
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"SHAPING", "COMPRESSING"})
  void files_handlersThatNeedTheBytes_areRead(Kind kind) throws Exception {
    var channel = new EmbeddedChannel();
    kind.addTo(channel.pipeline());

    assertThat(WireHandlers.passFiles(channel.pipeline())).isFalse();
    channel.finishAndReleaseAll();
  }
}
