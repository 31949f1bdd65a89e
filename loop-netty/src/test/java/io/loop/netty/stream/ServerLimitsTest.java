package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.OnNetty;
import io.loop.netty.SkippableTime;
import io.loop.netty.socket.AcceptBackoff;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers with too many peers, silent ones, and too few descriptors.
class ServerLimitsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int BACKLOG = 6 << 20;
  private static final int BLOCK = 32 << 10;

  private static ServerOptions with(ServerLimits limits) {
    return ServerOptions.DEFAULT.withLimits(limits);
  }

  private static StreamConnection open(Server server) throws IOException {
    return Streams.openConnection(LOCAL, server.localAddress().getPort());
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connections_beyondTheLimit_areTurnedAwayUntilOneLeaves(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo, LOCAL, 0, with(ServerLimits.NONE.withConnections(2, 2)));
          StreamConnection first = open(server);
          StreamConnection second = open(server);
          until(() -> server.connectionCount() == 2);

          Socket third = connect(server);
          assertThat(offLoop(() -> endOf(third))).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);

          first.close();
          until(() -> server.connectionCount() == 1);
          StreamConnection fourth = open(server);
          fourth.writer().write(TlsTest.ascii("hello\n"));
          assertThat(fourth.reader().readLine()).asString().isEqualTo("hello\n");
          third.close();
          TlsTest.end(server, second, fourth);
        });
  }

  private static boolean endOf(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void silence_longerThanTheLimit_endsTheConnectionAndTalkDoesNot(Transport transport) {
    var fault = new AtomicReference<Throwable>();
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    try {
                      TlsTest.echo(reader, writer);
                    } catch (SocketTimeoutException silent) {
                      fault.set(silent);
                    }
                  },
                  LOCAL,
                  0,
                  with(ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(4))));
          StreamConnection connection = open(server);
          for (int i = 0; i < 12; i++) { // longer than the limit, all in all
            connection.writer().write(new byte[1]);
            connection.reader().readExactly(1);
            time.skip(HOUR);
          }

          assertThat(fault).hasNullValue();
          while (fault.get() == null) {
            time.skip(HOUR);
          }
          assertThat(connection.reader().read()).isEmpty();
          TlsTest.end(server, connection);
        });
  }

  /// The peer takes so little that the system reports no room for longer than the limit.
  @ParameterizedTest
  @MethodSource("transportsAndEnds")
  void backlog_peerTakesALittleNowAndThen_isSentWhole(Transport transport, boolean closing) {
    var taken = new AtomicInteger();
    ServerLimits idle = ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(16));
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.write(new byte[BACKLOG]);
                    if (!closing) {
                      writer.drain();
                    }
                  },
                  LOCAL,
                  0,
                  with(closing ? idle.withFirstMessageTimeout(HOUR.multipliedBy(16)) : idle));
          Socket peer = connect(server);

          while (taken.get() < BACKLOG) {
            int block = offLoop(() -> peer.getInputStream().readNBytes(BLOCK).length);
            assertThat(block).isPositive();
            taken.addAndGet(block);
            time.skip(HOUR);
          }

          peer.close();
          TlsTest.end(server);
        });
  }

  static Stream<Arguments> transportsAndEnds() {
    return transports()
        .flatMap(
            transport -> Stream.of(Arguments.of(transport, false), Arguments.of(transport, true)));
  }

  /// What is told of the time is the time on the loop's clock, so the machine may be slow.
  @ParameterizedTest
  @MethodSource("transports")
  void silence_isEndedAQuarterAfterTheLimitAtMost(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Duration limit = HOUR.multipliedBy(8);
          Server server =
              Streams.startServer(
                  (reader, _) ->
                      assertThatThrownBy(reader::read).isInstanceOf(SocketTimeoutException.class),
                  LOCAL,
                  0,
                  with(ServerLimits.NONE.withIdleTimeout(limit)));
          StreamConnection connection = open(server);
          until(() -> server.connectionCount() == 1);
          time.skip(HOUR); // a look
          connection.writer().write(new byte[1]);
          connection.writer().drain();
          polls(5);
          Duration last = Loop.running().time();

          while (server.connectionCount() > 0) {
            time.skip(HOUR.dividedBy(4));
          }

          assertThat(Loop.running().time().minus(last))
              .isBetween(limit, limit.plus(limit.dividedBy(4)).plus(HOUR.dividedBy(4)));
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void firstMessage_dribbledIn_endsTheConnectionAndACompleteOneDoesNot(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              Streams.startServer(
                  ServerLimitsTest::echoLines,
                  LOCAL,
                  0,
                  with(ServerLimits.NONE.withFirstMessageTimeout(HOUR.multipliedBy(4))));
          StreamConnection good = open(server);
          good.writer().write(TlsTest.ascii("hello\n"));
          good.reader().readLine();
          StreamConnection slow = open(server);
          while (!slow.reader().atEof() && slow.reader().exception() == null) {
            slow.writer().write(new byte[] {'x'}); // never a whole line
            time.skip(HOUR);
          }

          good.writer().write(TlsTest.ascii("again\n"));
          assertThat(good.reader().readLine()).asString().isEqualTo("again\n");
          TlsTest.end(server, good, slow);
        });
  }

  private static void echoLines(StreamReader reader, StreamWriter writer) {
    try {
      for (byte[] line : reader) {
        writer.write(line);
      }
    } catch (UncheckedIOException cutOff) {
      assertThat(cutOff).hasCauseInstanceOf(SocketTimeoutException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_withoutDescriptors_reportsOncePausesAndGoesOn(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    SkippableTime.run(
        transport,
        time -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          Channel listener = server.listeners().getFirst();
          Tasks.onLoopThread(() -> {
            for (int i = 0; i < 3; i++) {
              listener.pipeline().fireExceptionCaught(new IOException("Too many open files"));
            }
            return true;
          });

          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly(
                  "Could not accept a connection: Too many open files; trying again in a second");
          assertThat(listener.config().isAutoRead()).isFalse();
          StreamConnection waiting = open(server);
          waiting.writer().write(TlsTest.ascii("hello\n"));
          time.skip(AcceptBackoff.PAUSE);

          assertThat(waiting.reader().readLine()).asString().isEqualTo("hello\n");
          assertThat(listener.config().isAutoRead()).isTrue();
          TlsTest.end(server, waiting);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_faultOfOneConnection_isReportedAndNoPause(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    SkippableTime.run(
        transport,
        time -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          Channel listener = server.listeners().getFirst();
          Tasks.onLoopThread(
              () -> listener.pipeline().fireExceptionCaught(new IOException("Connection reset")));

          StreamConnection next = open(server);
          next.writer().write(TlsTest.ascii("hello\n"));
          assertThat(next.reader().readLine()).asString().isEqualTo("hello\n");
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Could not accept a connection");
          TlsTest.end(server, next);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_faultsWithoutEnd_areAPauseInTheEnd(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Loop.running().setExceptionHandler((_, _) -> {});
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          Channel listener = server.listeners().getFirst();
          Tasks.onLoopThread(() -> {
            for (int i = 0; i < AcceptBackoff.MOST_IN_A_ROW; i++) {
              listener.pipeline().fireExceptionCaught(new IOException("unbekannter Fehler"));
            }
            return true;
          });

          assertThat(listener.config().isAutoRead()).isFalse();
          StreamConnection waiting = open(server);
          waiting.writer().write(TlsTest.ascii("hello\n"));
          time.skip(AcceptBackoff.PAUSE);
          assertThat(waiting.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, waiting);
        });
  }

  /// The end of a pause may meet the want of memory that the pause was for.
  @ParameterizedTest
  @MethodSource("transports")
  void accept_endOfAPauseFails_isAPauseAgainAndGoesOn(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Loop.running().setExceptionHandler((_, _) -> {});
          Server server = Streams.startServer(TlsTest::echo, LOCAL, 0);
          Channel listener = server.listeners().getFirst();
          var failures = new AtomicInteger();
          Tasks.onLoopThread(() -> {
            listener.pipeline().addFirst(failingToRead(failures));
            listener.pipeline().fireExceptionCaught(new IOException("Too many open files"));
            return true;
          });
          StreamConnection waiting = open(server);
          waiting.writer().write(TlsTest.ascii("hello\n"));
          time.skip(AcceptBackoff.PAUSE);
          until(() -> failures.get() >= 2);
          time.skip(AcceptBackoff.PAUSE);

          assertThat(waiting.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, waiting);
        });
  }

  /// A handler whose first reads fail: the end of a pause tries twice.
  private static ChannelHandler failingToRead(AtomicInteger failures) {
    return new ChannelOutboundHandlerAdapter() {
      @Override
      public void read(ChannelHandlerContext context) {
        if (failures.getAndIncrement() < 2) {
          throw new OutOfMemoryError("no memory to read");
        }
        context.read();
      }
    };
  }

  @ParameterizedTest
  @MethodSource("transports")
  void reusePort_group_acceptsOnEveryLoopAndStaysThere(Transport transport) {
    Set<Loop> seen = ConcurrentHashMap.newKeySet();
    try (var group = new LoopGroup(2, transport)) {
      run(
          transport,
          () -> {
            Server server =
                Streams.startServer(
                    (reader, writer) -> {
                      Loop mine = Loop.running();
                      seen.add(mine);
                      for (byte[] line : reader) {
                        assertThat(Loop.running()).isSameAs(mine);
                        writer.write(line);
                      }
                    },
                    LOCAL,
                    0,
                    ServerOptions.DEFAULT.withGroup(group).withReusePort());
            assertThat(server.sockets()).hasSize(2);
            assertThat(server.sockets().getFirst()).isEqualTo(server.sockets().getLast());

            for (int i = 0; i < 200 && seen.size() < 2; i++) { // the system decides
              StreamConnection connection = open(server);
              connection.writer().write(TlsTest.ascii("hello\n"));
              assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
              connection.close();
            }

            TlsTest.end(server);
          });
      assertThat(seen).containsExactlyInAnyOrderElementsOf(group.loops());
    }
  }
}
