package io.loop.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.base.Rethrow;
import io.loop.netty.connection.PendingBytes;
import io.loop.netty.poller.Dirty;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.channel.Channel;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What one channel's work throws is that channel's failure, and no other's.
class ChannelFaultsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final Duration MILLI = Duration.ofMillis(1);

  /// Work that throws so many times, and then fails to be failed so many times.
  private static final class Throwing implements Dirty {
    private final Throwable fault;
    private int failures;
    private @Nullable Throwable seen;

    Throwing(Throwable fault, int failures) {
      this.fault = fault;
      this.failures = failures;
    }

    @Override
    public void flushToNetty() {
      throw Rethrow.unchecked(fault);
    }

    @Override
    public void flushFailed(Throwable thrown) {
      if (failures-- > 0) {
        throw new OutOfMemoryError("again");
      }
      seen = thrown;
    }
  }

  static List<Throwable> faults() {
    return List.of(
        new OutOfMemoryError("test"),
        new StackOverflowError("test"),
        new IllegalStateException("test"),
        new IOException("test"));
  }

  private static List<Throwing> throwingInOneTurn(Loop loop, int failures) {
    List<Throwing> workers = faults().stream().map(fault -> new Throwing(fault, failures)).toList();
    workers.forEach(NettyDriver.of(loop)::addDirty);
    do {
      Asyncio.sleep(MILLI); // the only thing that is left to wake this loop
    } while (failures > 0 && workers.stream().anyMatch(worker -> worker.seen == null));
    return workers;
  }

  private static void assertAllFailed(List<Throwing> workers) {
    assertThat(workers).allSatisfy(worker -> assertThat(worker.seen).isSameAs(worker.fault));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void flush_thatThrows_isThatChannelsFailure(Transport transport) {
    run(transport, () -> assertAllFailed(throwingInOneTurn(Loop.running(), 0)));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void flush_whoseFailureThrowsToo_isTriedAgain(Transport transport) {
    run(transport, () -> assertAllFailed(throwingInOneTurn(Loop.running(), 50)));
  }

  @ParameterizedTest
  @MethodSource("io.loop.netty.AttachedLoopFixture#hosts")
  void flush_thatThrowsOnAnAttachedLoop_isThatChannelsFailure(AttachedLoopFixture.Host host)
      throws Exception {
    assertAllFailed(onHost(host, 0));
  }

  @ParameterizedTest
  @MethodSource("io.loop.netty.AttachedLoopFixture#hosts")
  void flush_whoseFailureThrowsTooOnAnAttachedLoop_isTriedAgain(AttachedLoopFixture.Host host)
      throws Exception {
    assertAllFailed(onHost(host, 50));
  }

  private static List<Throwing> onHost(AttachedLoopFixture.Host host, int failures)
      throws Exception {
    EventExecutor executor = host.start();
    try {
      Loop loop = NettyLoop.of(executor);
      return Asyncio.runCoroutineThreadsafe(() -> throwingInOneTurn(loop, failures), loop)
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } finally {
      executor.shutdownGracefully(0, PATIENCE.toSeconds(), TimeUnit.SECONDS).await();
    }
  }

  private static Channel channelOf(StreamWriter writer) {
    return (Channel) writer.getExtraInfo("channel");
  }

  /// A server that answers a line with a line; for the line "scarce" there is no direct memory.
  private static Server server(ServerOptions options) throws IOException {
    return Streams.startServer(
        (reader, writer) -> {
          byte[] line = reader.readLine();
          while (line.length > 0) {
            if (new String(line, US_ASCII).equals("scarce\n")) {
              new ScarceAllocator().of(channelOf(writer)).empty();
            }
            writer.write(line);
            writer.drain();
            line = reader.readLine();
          }
        },
        LOCAL,
        0,
        options);
  }

  private static String exchange(Server server, String line) throws IOException {
    try (StreamConnection connection =
        Streams.openConnection(LOCAL, server.localAddress().getPort())) {
      connection.writer().write(line.getBytes(US_ASCII));
      return new String(connection.reader().readLine(), US_ASCII);
    } catch (IOException reset) {
      return "reset";
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void streams_noDirectMemoryForOne_othersAreServed(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server = server(ServerOptions.DEFAULT);

          assertThat(exchange(server, "one\n")).isEqualTo("one\n");
          assertThat(exchange(server, "scarce\n")).isIn("", "reset");
          assertThat(exchange(server, "two\n")).isEqualTo("two\n");

          assertThat(reports)
              .extracting(ExceptionContext::message)
              .contains("Exception while writing to a connection");
          assertThat(reports.getFirst().exception()).isInstanceOf(OutOfMemoryError.class);
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void streams_noDirectMemoryForOneOfAGroup_othersAreServed(Transport transport) {
    List<String> reports = new CopyOnWriteArrayList<>();
    run(
        transport,
        () -> {
          try (var group = new LoopGroup(1, transport)) {
            Loop loop = group.loops().getFirst();
            loop.callSoonThreadsafe(
                () -> loop.setExceptionHandler((_, report) -> reports.add(report.message())));
            Server server = server(ServerOptions.DEFAULT.withGroup(group));

            assertThat(exchange(server, "scarce\n")).isIn("", "reset");
            assertThat(exchange(server, "two\n")).isEqualTo("two\n");

            assertThat(reports).contains("Exception while writing to a connection");
            server.close();
            server.waitClosed();
          }
        });
  }

  /// A message that cannot be released.
  private static final class Stuck extends AbstractReferenceCounted {
    @Override
    protected void deallocate() {
      throw new OutOfMemoryError("stuck");
    }

    @Override
    public ReferenceCounted touch(Object hint) {
      return this;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void typedChannel_messageThatCannotBeReleased_doesNotKeepTheSenderBehindIt(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<String> got = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.write(new Stuck());
                    Coro.Action send =
                        () -> {
                          try {
                            channel.send("behind");
                          } catch (ClosedChannelException dropped) {
                            got.add("dropped");
                          }
                        };
                    Task<?> sending =
                        Task.create(
                            channel.getLoop(),
                            Coro.of(send),
                            TaskOptions.DEFAULT.withEagerStart()); // no poll comes in between
                    channel.abort();
                    sending.await();
                  }));

          Socket client = Pipelines.socket(server);
          int end = offLoop(() -> endOf(client));

          assertThat(end).isEqualTo(-1);
          until(() -> got.size() == 1);
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Exception while writing to a channel");
          client.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void typedChannel_messageThatCannotBeReleased_isThatChannelsFailure(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<String> got = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    String line = channel.receive();
                    if (line != null && line.equals("stuck")) {
                      channel.write(new Stuck());
                      channel.write(new Stuck());
                      channel.abort();
                      channel.waitClosed();
                      got.add("closed");
                    } else {
                      channel.send(line + "\n");
                    }
                  }));

          Socket stuck = Pipelines.socket(server);
          stuck.getOutputStream().write("stuck\n".getBytes(US_ASCII));
          int end = offLoop(() -> endOf(stuck));
          Socket other = Pipelines.socket(server);
          other.getOutputStream().write("x\n".getBytes(US_ASCII));
          byte[] answer = offLoop(() -> other.getInputStream().readAllBytes());

          assertThat(end).isEqualTo(-1);
          assertThat(answer).asString(US_ASCII).isEqualTo("x\n");
          assertThat(got).containsExactly("closed");
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .contains("Exception while writing to a channel");
          stuck.close();
          other.close();
        });
  }

  private static int endOf(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (IOException reset) {
      return -1;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_largeOne_takesSmallBuffers(Transport transport) {
    run(
        transport,
        () -> {
          byte[] data = Pipelines.randomBytes(5 << 20);
          var allocator = new LoopFuture<ScarceAllocator>();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    allocator.setResult(new ScarceAllocator().of(channelOf(writer)));
                    writer.write(data);
                    writer.drain();
                  },
                  LOCAL,
                  0);
          StreamConnection connection =
              Streams.openConnection(LOCAL, server.localAddress().getPort());

          byte[] got = connection.reader().read();

          assertThat(got).isEqualTo(data);
          assertThat(allocator.await().largest()).isLessThanOrEqualTo(PendingBytes.CHUNK);
          connection.close();
          server.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_deafPeer_holdsTwoChunksOfDirectMemory(Transport transport) {
    run(
        transport,
        () -> {
          var written = new LoopFuture<Long>();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.write(new byte[32 << 20]);
                    var held = channelOf(writer).unsafe().outboundBuffer();
                    long most = 0;
                    for (int looks = 0; looks < 20; ) { // from when the socket takes no more
                      Asyncio.sleep(MILLI);
                      most = Math.max(most, held.totalPendingWriteBytes());
                      looks += held.totalPendingWriteBytes() > 0 ? 1 : 0;
                    }
                    written.setResult(most);
                    writer.abort();
                  },
                  LOCAL,
                  0);
          Socket deaf = connect(server);

          assertThat(written.await()).isPositive().isLessThan(2 * PendingBytes.CHUNK + 1_000);
          deaf.close();
          server.close();
        });
  }
}
