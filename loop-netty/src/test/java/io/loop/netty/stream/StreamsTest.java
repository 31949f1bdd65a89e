package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Plain TCP streams on real sockets, on every transport.
class StreamsTest extends StreamsFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void echo_oneLine_comesBack(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(StreamsTest::echo, LOCAL, 0);
          StreamConnection connection = open(server);

          connection.writer().write(ascii("hello\n"));
          byte[] line = connection.reader().readLine();

          assertThat(line).asString().isEqualTo("hello\n");
          connection.close();
          connection.writer().waitClosed();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_eightMegabytesBothWays_arriveWhole(Transport transport) {
    byte[] data = randomBytes(8 << 20);
    byte[] back =
        run(
            transport,
            () -> {
              Server server = Streams.startServer(StreamsTest::echo, LOCAL, 0);
              StreamConnection connection = open(server);
              Asyncio.createTask(() -> {
                connection.writer().write(data);
                connection.writer().drain();
                connection.writer().writeEof();
              });
              return connection.reader().read();
            });

    assertThat(back).isEqualTo(data);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void drain_peerNeverReads_suspendsAndBoundsWhatIsHeld(Transport transport) {
    run(
        transport,
        () -> {
          List<@Nullable Throwable> reports = new ArrayList<>();
          Loop.running().setExceptionHandler((_, failure) -> reports.add(failure.exception()));
          var blocks = new AtomicInteger();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    Channel channel = (Channel) writer.getExtraInfo("channel");
                    channel.config().setOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER);
                    for (int i = 0; i < 1_000; i++) {
                      writer.write(new byte[1 << 20]);
                      writer.drain();
                      blocks.incrementAndGet();
                    }
                  },
                  LOCAL,
                  0);
          Socket deaf = connect(server);
          until(() -> server.connectionCount() == 1);
          polls(50); // at a block each it would write 50 more

          assertThat(blocks).hasValueLessThan(40);
          assertThat(Task.all()).hasSizeGreaterThan(1); // the writer is there, and waits
          server.close();
          server.abortClients();
          server.waitClosed();
          deaf.close();
          until(() -> !reports.isEmpty());
          assertThat(reports).singleElement().isInstanceOf(IOException.class); // the next drain
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void reader_thatDoesNotRead_stopsTheSender(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    Channel channel = (Channel) writer.getExtraInfo("channel");
                    channel.config().setOption(ChannelOption.SO_RCVBUF, SMALL_BUFFER);
                    Pipelines.forever();
                  },
                  LOCAL,
                  0);
          StreamConnection connection = open(server);
          until(() -> server.connectionCount() == 1);
          Channel near = (Channel) connection.writer().getExtraInfo("channel");
          near.config().setOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER);
          var sent = new AtomicInteger();
          Task<?> sender =
              Asyncio.createTask(() -> {
                for (int i = 0; i < 1_000; i++) {
                  connection.writer().write(new byte[1 << 20]);
                  connection.writer().drain();
                  sent.incrementAndGet();
                }
              });
          polls(50);

          assertThat(sender.isDone()).isFalse();
          assertThat(sent).hasValueLessThan(40);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void writes_manyInOneTick_areFlushedOnce(Transport transport) {
    run(
        transport,
        () -> {
          var flushes = new AtomicInteger();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    Channel channel = (Channel) writer.getExtraInfo("channel");
                    Tasks.onLoopThread(
                        () -> channel.pipeline().addFirst(new FlushCounter(flushes)));
                    for (int i = 0; i < 1_000; i++) {
                      writer.write(new byte[] {(byte) i});
                    }
                    Pipelines.forever(); // the end of the body flushes too
                  },
                  LOCAL,
                  0);

          byte[] got = open(server).reader().readExactly(1_000);

          assertThat(got).hasSize(1_000);
          assertThat(flushes).hasValue(1);
        });
  }

  private static final class FlushCounter extends ChannelOutboundHandlerAdapter {
    private final AtomicInteger flushes;

    FlushCounter(AtomicInteger flushes) {
      this.flushes = flushes;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
      flushes.incrementAndGet();
      context.flush();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connect_nobodyListens_isRefused(Transport transport) {
    assertThatThrownBy(() ->
            run(
                transport,
                () -> {
                  try (var bound = new Socket()) { // to a port that nobody else can take
                    bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                    return Streams.openConnection(LOCAL, bound.getLocalPort());
                  }
                }))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("refused", LOCAL);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connect_byName_resolvesIt(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(StreamsTest::echo, "localhost", 0);
          int port = server.localAddress().getPort();
          StreamConnection connection = Streams.openConnection("localhost", port);
          connection.writer().write(ascii("x\n"));
          assertThat(connection.reader().readLine()).hasSize(2);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_portTaken_saysWhichAddress(Transport transport) {
    assertThatThrownBy(() ->
            run(
                transport,
                () -> {
                  Server first = Streams.startServer(StreamsTest::echo, LOCAL, 0);
                  return Streams.startServer(
                      StreamsTest::echo, LOCAL, first.localAddress().getPort());
                }))
        .isInstanceOf(BindException.class)
        .hasMessageContainingAll("could not listen on", LOCAL);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelled_closesItsConnections(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(StreamsTest::echo, LOCAL, 0);
          Task<?> serving = Asyncio.createTask(server::serveForever);
          StreamConnection connection = open(server);
          connection.writer().write(ascii("x\n"));
          connection.reader().readLine();

          serving.cancel();

          assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
          assertThat(connection.reader().read()).isEmpty();
          assertThat(server.isServing()).isFalse();
          assertThat(server.connectionCount()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancelledRead_losesNothing(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(StreamsTest::echo, LOCAL, 0);
          StreamConnection connection = open(server);
          Channel near = (Channel) connection.writer().getExtraInfo("channel");
          var arrival = new LoopFuture<@Nullable Void>();
          Tasks.onLoopThread(() -> near.pipeline().addFirst(Pipelines.noting(arrival)));
          Task<byte[]> read = Asyncio.createTask(() -> connection.reader().readExactly(6));
          connection.writer().write(ascii("abc"));
          arrival.await();
          read.cancel();
          assertThatThrownBy(read::await).isInstanceOf(CancelledError.class);
          connection.writer().write(ascii("def"));

          assertThat(connection.reader().readExactly(6)).asString().isEqualTo("abcdef");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void group_twoLoops_everyConnectionStaysOnItsLoop(Transport transport) {
    Set<Loop> loops = Collections.synchronizedSet(new HashSet<>());
    List<Boolean> stayed = Collections.synchronizedList(new ArrayList<>());
    try (var group = new LoopGroup(2, transport)) {
      run(
          transport,
          () -> {
            var options = ServerOptions.DEFAULT.withGroup(group);
            Server server =
                Streams.startServer(
                    (reader, writer) -> {
                      Loop home = Loop.running();
                      loops.add(home);
                      for (int i = 0; i < 5; i++) {
                        writer.write(reader.readLine());
                        Asyncio.sleep(TICK);
                        stayed.add(Loop.running() == home);
                      }
                    },
                    LOCAL,
                    0,
                    options);
            List<StreamConnection> connections = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
              connections.add(open(server));
            }
            for (int i = 0; i < 5; i++) {
              for (StreamConnection connection : connections) {
                connection.writer().write(ascii("x\n"));
                assertThat(connection.reader().readLine()).hasSize(2);
              }
            }
            server.close();
            server.waitClosed();
          });
      assertThat(loops).containsExactlyInAnyOrderElementsOf(group.loops());
    }
    assertThat(stayed).hasSize(40).doesNotContain(false);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void body_thatBlocksInAJdkCall_leavesTheOthersServed(Transport transport) {
    run(
        transport,
        () -> {
          var othersServed = new CountDownLatch(1);
          var blocking = new LoopFuture<@Nullable Void>();
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    if (reader.readLine()[0] == 'b') {
                      blocking.setResult(null);
                      othersServed.await();
                    }
                    writer.write(ascii("done\n"));
                  },
                  LOCAL,
                  0);
          StreamConnection blocked = open(server);
          StreamConnection other = open(server);
          List<String> order = new ArrayList<>();
          blocked.writer().write(ascii("block\n"));
          Task<?> slow =
              Asyncio.createTask(() -> {
                blocked.reader().readLine();
                order.add("blocked");
              });
          blocking.await();
          other.writer().write(ascii("other\n"));
          other.reader().readLine();
          order.add("other");
          othersServed.countDown();
          slow.await();

          assertThat(order).containsExactly("other", "blocked");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bodies_thatBlockBetweenWrites_loseNothing(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    for (int i = 0; i < 15; i++) {
                      Thread.sleep(1);
                      writer.write(new byte[16]);
                    }
                  },
                  LOCAL,
                  0);
          List<Task<Integer>> readers = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            StreamConnection connection = open(server);
            readers.add(Asyncio.createTask(() -> connection.reader().read().length));
          }

          assertThat(Asyncio.gather(readers).await()).containsOnly(240);
        });
  }
}
