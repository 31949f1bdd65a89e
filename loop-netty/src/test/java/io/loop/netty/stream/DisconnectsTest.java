package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Our own close is no failure, and a peer's is an ordinary one.
final class DisconnectsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final int LARGE = 8 << 20; // more than the system takes of what nobody reads

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("transports")
  void abort_withUnsentBytes_isTheEndOfTheInputAndNoFailure(Transport transport) {
    assertAbortIsNoFailure(transport, ServerOptions.DEFAULT, ConnectionOptions.DEFAULT);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void abort_withUnsentBytesUnderTls_isTheEndOfTheInputAndNoFailure(Transport transport) {
    assertAbortIsNoFailure(transport, TlsTest.SERVER, TlsTest.CLIENT);
  }

  private static void assertAbortIsNoFailure(
      Transport transport, ServerOptions options, ConnectionOptions client) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server = Streams.startServer((_, _) -> Pipelines.forever(), LOCAL, 0, options);
          StreamConnection connection = TlsTest.open(server, client);
          var reading = Asyncio.createTask(() -> connection.reader().readLine());
          connection.writer().write(new byte[LARGE]);
          polls(3);

          connection.writer().abort();

          assertThat(reading.await()).isEmpty();
          assertThat(connection.reader().read()).isEmpty();
          connection.writer().waitClosed();
          assertThatThrownBy(connection.writer()::drain)
              .isInstanceOf(SocketException.class)
              .hasMessage("Connection lost")
              .hasNoCause();
          server.close();
          server.abortClients();
          server.waitClosed();
          assertThat(reports).isEmpty();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void server_thatDropsASlowClient_reportsNothing(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var dropped = new LoopFuture<Boolean>();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    try {
                      Asyncio.timeout(
                          Duration.ofMillis(20),
                          _ -> {
                            writer.write(new byte[LARGE]);
                            writer.drain();
                            return true;
                          });
                    } catch (TimeoutException slow) {
                      writer.abort();
                      writer.waitClosed();
                      dropped.setResult(true);
                    }
                  },
                  LOCAL,
                  0);
          Socket slow = connect(server);

          assertThat(dropped.await()).isTrue();

          slow.close();
          server.close();
          server.waitClosed();
          assertThat(reports).isEmpty();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void channel_abortWithUnsentMessages_isTheEndOfTheMessagesAndNoFailure(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var ended = new LoopFuture<Boolean>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            channel.write(Unpooled.wrappedBuffer(new byte[LARGE]));
                            polls(3);
                            channel.abort();
                            ended.setResult(channel.receive() == null);
                            channel.waitClosed();
                            channel.close();
                          })));
          Socket deaf = Pipelines.socket(server);

          assertThat(ended.await()).isTrue();

          polls(2);
          deaf.close();
          var _ = server.close();
          assertThat(reports).isEmpty();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void channel_failureOfAnotherConnection_isReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            channel.abort();
                            throw new SocketException("Connection reset, of a backend");
                          })));
          Socket socket = Pipelines.socket(server);

          until(() -> !reports.isEmpty());

          assertThat(reports.getFirst().message())
              .isEqualTo("Unhandled exception in the coroutine of a channel");
          socket.close();
          var _ = server.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void datagrams_abortWithUnsentPackets_isNoFailure(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var endpoint =
              Datagrams.createDatagramEndpoint(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
          for (int i = 0; i < 1_000; i++) {
            endpoint.send(new byte[60_000], endpoint.localAddress());
          }
          polls(1);

          endpoint.abort();

          endpoint.waitClosed();
          while (endpoint.receive() != null) {
            // what has arrived
          }
          assertThat(endpoint.lastError()).isNull();
          assertThat(reports).isEmpty();
        });
  }

  /// Netty then ends the output and drops what is written.
  @ParameterizedTest
  @MethodSource("transports")
  void channel_fileRegionThatCannotBeSent_endsTheChannel(Transport transport) throws IOException {
    FileChannel file = FileChannel.open(Files.write(directory.resolve("data"), new byte[1_000]));
    FileRegion region = new DefaultFileRegion(file, 0, 1_000);
    file.close();
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<Throwable> seen = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            seen.add(Pipelines.thrownBy(() -> channel.send(region)));
                            seen.add(
                                Pipelines.thrownBy(() -> {
                                  while (true) {
                                    channel.write(Unpooled.wrappedBuffer(new byte[1_000]));
                                    channel.drain();
                                    polls(1);
                                  }
                                }));
                            channel.waitClosed();
                          })));
          Socket socket = Pipelines.socket(server);

          assertThat(offLoop(() -> socket.getInputStream().readAllBytes())).isEmpty();

          until(() -> seen.size() == 2);
          assertThat(seen).allSatisfy(fault -> assertThat(fault).isInstanceOf(IOException.class));
          polls(2);
          socket.close();
          var _ = server.close();
          assertThat(reports).isEmpty();
        });
  }
}
