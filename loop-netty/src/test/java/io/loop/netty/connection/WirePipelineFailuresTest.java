package io.loop.netty.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.stream.TlsTest;
import io.loop.netty.transport.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Handlers of the program that fail, or let through what no stream can take.
@SuppressWarnings("FutureReturnValueIgnored") // the handlers pass on the promises
class WirePipelineFailuresTest extends WirePipelineFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void initializer_throws_failsThatConnectionOnlyAndIsReported(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    var calls = new AtomicInteger();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(_ -> {
                    if (calls.getAndIncrement() < 20) {
                      throw new Exception("no handler today");
                    }
                  }));
          for (int i = 0; i < 20; i++) {
            Socket refused = connect(server);
            assertThat(offLoop(() -> endOf(refused))).isTrue();
            refused.close();
          }
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello\n"));

          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          assertThat(server.connectionCount()).isEqualTo(1);
          assertThat(reports).hasSizeBetween(1, 19);
          assertThat(reports.getFirst().message()).isEqualTo("Could not serve a connection");
          assertThat(reports.getFirst().exception()).hasMessage("no handler today");
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void initializer_ofAConnectionThrows_openingFailsWithThat(Transport transport) {
    var fault = new Exception("no handler today");
    run(
        transport,
        () -> {
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);

          assertThatThrownBy(() ->
                  TlsTest.open(
                      server,
                      ConnectionOptions.DEFAULT.withPipeline(_ -> {
                        throw fault;
                      })))
              .isSameAs(fault);
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void otherMessage_reachesTheStream_endsTheConnectionWithItsType(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer(
                  (reader, _) -> reader.read(),
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(pipeline -> pipeline.addLast(wrapping())));
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello\n"));
          until(() -> !reports.isEmpty());

          assertThat(reports.getFirst().exception())
              .isInstanceOf(IOException.class)
              .hasMessageContaining(DefaultByteBufHolder.class.getName())
              .hasMessageContaining("ByteBuf");
          until(() -> server.connectionCount() == 0);
          TlsTest.end(server, connection);
        });
  }

  private static ChannelInboundHandlerAdapter wrapping() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBufHolder holder = new DefaultByteBufHolder((ByteBuf) message);
        context.fireChannelRead(holder);
      }
    };
  }

  /// The writer learns of it as of a failure of the socket.
  @ParameterizedTest
  @MethodSource("transports")
  void write_failedByAHandler_endsTheConnectionWithThat(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withPipeline(pipeline -> pipeline.addLast(failing())));
          StreamConnection connection = TlsTest.open(server, ConnectionOptions.DEFAULT);
          connection.writer().write(TlsTest.ascii("hello\n"));
          until(() -> !reports.isEmpty());

          assertThat(reports.getFirst().exception()).hasStackTraceContaining("not this message");
          until(() -> server.connectionCount() == 0);
          TlsTest.end(server, connection);
        });
  }

  private static ChannelOutboundHandlerAdapter failing() {
    return new ChannelOutboundHandlerAdapter() {
      @Override
      public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ((ByteBuf) message).release();
        promise.setFailure(new IllegalStateException("not this message"));
      }
    };
  }
}
