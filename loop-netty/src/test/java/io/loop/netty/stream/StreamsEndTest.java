package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.stream.IncompleteReadException;
import io.loop.task.LoopFuture;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How connections end: in halves, by a reset, by a body that returns or fails.
class StreamsEndTest extends StreamsFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void body_thatWritesAndReturns_sendsEverythingBeforeTheClose(Transport transport) {
    byte[] data = randomBytes(5 << 20);
    byte[] got =
        run(
            transport,
            () -> {
              Server server = Streams.startServer((_, writer) -> writer.write(data), LOCAL, 0);
              return open(server).reader().read();
            });

    assertThat(got).isEqualTo(data);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void halfClose_peerEndsItsSide_itStillGetsTheAnswer(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    byte[] all = reader.read();
                    assertThat(reader.read(1)).isEmpty(); // and again: the end stays the end
                    assertThat(reader.atEof()).isTrue();
                    writer.write(all);
                    writer.drain();
                  },
                  LOCAL,
                  0);
          Socket socket = connect(server);

          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write(randomBytes(1 << 20));
                socket.shutdownOutput();
                return socket.getInputStream().readAllBytes();
              });

          assertThat(answer).isEqualTo(randomBytes(1 << 20));
          socket.close();
        });
  }

  /// The peer's end comes while its channel waits for nothing, and then the answer has to wait for
  /// room.
  @ParameterizedTest
  @MethodSource("transports")
  void halfClose_whileReadingIsPaused_aLargeAnswerArrivesWhole(Transport transport) {
    byte[] data = randomBytes(4 << 20);
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    Channel channel = (Channel) writer.getExtraInfo("channel");
                    channel.config().setOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER);
                    until(() -> !channel.config().isAutoRead());
                    writer.write(reader.read());
                  },
                  LOCAL,
                  0);
          Socket socket = connect(server);

          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write(data);
                socket.shutdownOutput();
                return socket.getInputStream().readAllBytes();
              });

          assertThat(answer).isEqualTo(data);
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connections_manyWithBothSidesEnded_areAllGone(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(StreamsEndTest::echo, LOCAL, 0);
          for (int i = 0; i < 200; i++) {
            StreamConnection connection = open(server);
            connection.writer().write(new byte[] {1});
            connection.writer().writeEof();
            assertThat(connection.reader().read()).hasSize(1);
            connection.close();
          }

          server.close();
          server.waitClosed();

          assertThat(server.connectionCount()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void reset_whileReading_isThrownToTheReader(Transport transport) {
    Throwable seen =
        run(
            transport,
            () -> {
              var reading = new LoopFuture<@Nullable Void>();
              var outcome = new LoopFuture<Throwable>();
              Server server =
                  Streams.startServer(
                      (reader, _) -> {
                        reader.readExactly(1);
                        reading.setResult(null);
                        try {
                          reader.readExactly(100);
                        } catch (IOException fault) {
                          outcome.setResult(fault);
                        }
                      },
                      LOCAL,
                      0);
              Socket socket = connect(server);
              socket.getOutputStream().write(1);
              reading.await();
              socket.setSoLinger(true, 0);
              socket.close();
              return outcome.await();
            });

    assertThat(seen).isInstanceOf(SocketException.class);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void end_inTheMiddleOfAMessage_isIncomplete(Transport transport) {
    assertThatThrownBy(() ->
            run(
                transport,
                () -> {
                  Server server = Streams.startServer((_, w) -> w.write(new byte[3]), LOCAL, 0);
                  return open(server).reader().readExactly(5);
                }))
        .isInstanceOf(IncompleteReadException.class)
        .hasMessage("3 bytes read on a total of 5 expected bytes");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void idleConnection_peerCloses_isNoticed(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer((reader, _) -> assertThat(reader.read(1)).isEmpty(), LOCAL, 0);
          Socket socket = connect(server);
          until(() -> server.connectionCount() == 1);
          polls(1);
          socket.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void body_thatFails_isReportedAndItsConnectionClosed(Transport transport) {
    List<String> reports = Collections.synchronizedList(new ArrayList<>());
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, failure) -> reports.add(failure.message()));
          Server server =
              Streams.startServer(
                  (_, _) -> {
                    throw new IllegalStateException("bug");
                  },
                  LOCAL,
                  0);
          assertThat(open(server).reader().read()).isEmpty();
        });

    assertThat(reports).containsExactly("Unhandled exception in the coroutine of a connection");
  }
}
