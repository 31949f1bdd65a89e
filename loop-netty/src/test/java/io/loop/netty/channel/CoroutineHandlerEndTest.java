package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.HandlerOptions.Disconnect;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Bodies, channels and loops that fail or end before the others do.
class CoroutineHandlerEndTest extends OnNetty {

  @ParameterizedTest
  @MethodSource("transports")
  void body_thatFails_isReportedAndClosesTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var fault = new IllegalStateException("no");
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.receive();
                    throw fault;
                  }));

          Socket socket = Pipelines.socket(server);
          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write("a\nb\nc\n".getBytes(US_ASCII));
                return socket.getInputStream().readAllBytes();
              });
          socket.close();

          assertThat(answer).isEmpty();
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().exception()).isSameAs(fault);
          assertThat(reports.getFirst().details().get("channel")).isInstanceOf(Channel.class);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void events_afterTheChannelIsClosed_end(Transport transport) {
    run(
        transport,
        () -> {
          var got = new LoopFuture<List<Object>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.waitClosed();
                    List<Object> events = new ArrayList<>();
                    channel.events().forEach(events::add);
                    got.setResult(events);
                  }));

          Pipelines.socket(server).close();

          assertThat(got.await()).isEmpty();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_afterTheChannelIsClosed_releasesAndFails(Transport transport) {
    run(
        transport,
        () -> {
          var failure = new LoopFuture<List<Throwable>>();
          ByteBuf written = Unpooled.buffer(1).writeByte(1);
          ByteBuf sent = Unpooled.buffer(1).writeByte(1);
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.waitClosed();
                    channel.write(written);
                    failure.setResult(
                        List.of(
                            Pipelines.thrownBy(channel::drain),
                            Pipelines.thrownBy(() -> channel.send(sent))));
                  }));

          Pipelines.socket(server).close();

          assertThat(failure.await())
              .allSatisfy(fault -> assertThat(fault).isInstanceOf(ClosedChannelException.class));
          assertThat(written.refCnt()).isZero();
          assertThat(sent.refCnt()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void disconnect_withTheCancelPolicy_cancelsTheTask(Transport transport) {
    run(
        transport,
        () -> {
          var outcome = new LoopFuture<Throwable>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(
                      channel -> {
                        channel.send("started\n");
                        outcome.setResult(
                            Pipelines.thrownBy(() -> Asyncio.sleep(Duration.ofHours(1))));
                      },
                      HandlerOptions.DEFAULT.withDisconnect(Disconnect.CANCEL)));

          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().read());
          socket.close();

          assertThat(outcome.await()).isInstanceOf(CancelledError.class);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancelledReceive_losesNoMessage(Transport transport) {
    run(
        transport,
        () -> {
          var got = new LoopFuture<@Nullable String>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    Task<?> first = Asyncio.createTask(() -> channel.receive());
                    Asyncio.sleep(Duration.ZERO);
                    channel.send("ready\n");
                    first.cancel();
                    got.setResult(channel.receive());
                  }));
          Socket socket = Pipelines.socket(server);

          offLoop(() -> {
            socket.getInputStream().readNBytes(6);
            socket.getOutputStream().write("one\n".getBytes(US_ASCII));
            return true;
          });

          assertThat(got.await()).isEqualTo("one");
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofTheLoop_unwindsBodiesAndLeavesNoBuffer(Transport transport) {
    var unwound = new boolean[1];
    Socket left =
        run(
            transport,
            () -> {
              var arrival = new LoopFuture<@Nullable Void>();
              var started = new LoopFuture<@Nullable Void>();
              Channel server =
                  Pipelines.serve(
                      transport,
                      pipeline ->
                          pipeline.addLast(
                              Pipelines.noting(arrival),
                              CoroutineHandler.of(channel -> {
                                started.setResult(null);
                                channel.write(Unpooled.buffer(1).writeByte(1));
                                try {
                                  Asyncio.sleep(Duration.ofHours(1));
                                } finally {
                                  unwound[0] = true;
                                  channel.write(Unpooled.buffer(1).writeByte(1));
                                }
                              })));
              Socket socket = Pipelines.socket(server);
              offLoop(() -> {
                socket.getOutputStream().write(1);
                return true;
              });
              started.await();
              arrival.await(); // the byte is in the queue, unread
              return socket;
            });

    assertThat(unwound[0]).isTrue();
    assertThatThrownBy(
            () -> {
              left.close();
              left.getInputStream();
            })
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofTheLoopAfterTheChannelIsLost_releasesWhatWaits(Transport transport) {
    Loop loop = NettyLoop.create(transport);
    loop.setExceptionHandler((_, _) -> {}); // a task that is pending, as it should be
    Asyncio.runUntilComplete(
        loop,
        () -> {
          var lost = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          CoroutineHandler.of(channel -> {
                            channel.waitClosed();
                            lost.setResult(null);
                            Pipelines.forever();
                          })));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> {
            socket.getOutputStream().write(1);
            socket.close();
            return true;
          });
          return lost.await(); // and a buffer is in the queue
        });

    loop.close();

    noBufferIsLeft();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void exception_thatComesAfterTheBodyHasEnded_isReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var late = new IllegalStateException("late");
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel ->
                      channel
                          .nettyChannel()
                          .closeFuture()
                          .addListener(
                              _ -> channel.nettyChannel().pipeline().fireExceptionCaught(late))));

          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().read());
          socket.close();

          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().exception()).isSameAs(late);
        });
  }
}
