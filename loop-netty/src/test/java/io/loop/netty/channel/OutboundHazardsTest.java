package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes wrong on the way from a coroutine to its channel; numbered as in the hazards list.
@SuppressWarnings("FutureReturnValueIgnored") // handlers pass their promises on
class OutboundHazardsTest extends OnNetty {

  private static final int MIB = 1 << 20;

  private static final class FlushCounter extends ChannelOutboundHandlerAdapter {
    private int flushes;
    private int writes;

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      writes++;
      context.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
      flushes++;
      context.flush();
    }
  }

  /// Hazard 20: waiting for room without a flush.
  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void hazard20_drainAfterEveryWrite_toASlowReader_completes(Transport transport) {
    byte[] piece = Pipelines.randomBytes(1024);
    run(
        transport,
        () -> {
          var most = new AtomicInteger();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            for (int i = 0; i < 10_240; i++) {
                              channel.write(Unpooled.wrappedBuffer(piece));
                              channel.drain();
                              var buffer = channel.nettyChannel().unsafe().outboundBuffer();
                              int waiting =
                                  buffer == null ? 0 : (int) buffer.totalPendingWriteBytes();
                              most.accumulateAndGet(waiting, Math::max);
                            }
                          })));
          Socket socket = Pipelines.socket(server);

          int length =
              offLoop(() -> {
                int total = 0;
                byte[] buffer = new byte[MIB];
                for (int got; (got = socket.getInputStream().read(buffer)) >= 0; total += got) {
                  Thread.sleep(1);
                }
                return total;
              });

          assertThat(length).isEqualTo(10 * MIB);
          assertThat(most.get()).isLessThan(512 * 1024);
          socket.close();
        });
  }

  /// Hazard 21: Netty tells of writability inside `write`.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard21_drainersAndWritersTogether_allGoOnAndNoneInline(Transport transport) {
    run(
        transport,
        () -> {
          var running = new AtomicInteger();
          var finished = new AtomicInteger();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            List<Task<?>> writers = new ArrayList<>();
                            for (int i = 0; i < 4; i++) {
                              writers.add(
                                  Asyncio.createTask(() -> {
                                    for (int k = 0; k < 20; k++) {
                                      assertThat(running.incrementAndGet()).isEqualTo(1);
                                      channel.write(Unpooled.buffer().writeZero(100_000));
                                      assertThat(running.decrementAndGet()).isZero();
                                      channel.drain();
                                    }
                                    finished.incrementAndGet();
                                  }));
                            }
                            for (Task<?> writer : writers) {
                              writer.await();
                            }
                          })));
          Socket socket = Pipelines.socket(server);

          byte[] all = offLoop(() -> socket.getInputStream().readAllBytes());

          assertThat(all).hasSize(8_000_000);
          assertThat(finished).hasValue(4);
          socket.close();
        });
  }

  /// Hazard 22: what is left when a channel is closed under its writers.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard22_abortWithPendingWrites_failsEachOnce(Transport transport) {
    run(
        transport,
        () -> {
          var outcomes = new LoopFuture<List<Throwable>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            List<Task<Throwable>> senders = new ArrayList<>();
                            for (int i = 0; i < 3; i++) {
                              senders.add(
                                  Asyncio.createTask(() ->
                                      Pipelines.thrownBy(
                                          () -> channel.send(Unpooled.buffer().writeZero(MIB)))));
                            }
                            until(() -> !channel.nettyChannel().isWritable());
                            channel.abort();
                            channel.waitClosed();
                            List<Throwable> faults = new ArrayList<>();
                            for (Task<Throwable> sender : senders) {
                              faults.add(sender.await());
                            }
                            outcomes.setResult(faults);
                          })));
          Socket socket = Pipelines.socket(server);

          assertThat(outcomes.await())
              .hasSize(3)
              .allSatisfy(fault -> assertThat(fault).isInstanceOf(IOException.class));
          socket.close();
        });
  }

  /// Hazard 23: a reset while the body receives.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard23_resetWhileReceiving_endsOrFailsForGood(Transport transport) {
    run(
        transport,
        () -> {
          var outcomes = new LoopFuture<List<Object>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.send("started\n");
                    List<Object> got = new ArrayList<>();
                    for (int i = 0; i < 2; i++) {
                      got.add(Pipelines.thrownBy(channel::receive));
                    }
                    outcomes.setResult(got);
                  }));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().readNBytes(8));

          Pipelines.reset(socket);

          assertThat(outcomes.await())
              .hasSize(2)
              .allSatisfy(fault -> assertThat(fault).isInstanceOf(IOException.class));
          assertThat(outcomes.await().getFirst()).isSameAs(outcomes.await().getLast());
        });
  }

  /// Hazard 23: a reset while the body sends.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard23_resetWhileSending_failsTheSenderAndLaterOnes(Transport transport) {
    run(
        transport,
        () -> {
          var outcomes = new LoopFuture<List<Throwable>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            List<Throwable> got = new ArrayList<>();
                            for (int i = 0; i < 2; i++) {
                              got.add(
                                  Pipelines.thrownBy(
                                      () -> channel.send(Unpooled.buffer().writeZero(4 * MIB))));
                            }
                            outcomes.setResult(got);
                          })));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().readNBytes(10));

          Pipelines.reset(socket);

          assertThat(outcomes.await())
              .hasSize(2)
              .allSatisfy(fault -> assertThat(fault).isInstanceOf(IOException.class));
        });
  }

  /// Hazard 24: a peer that answers and goes while we still write.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard24_peerAnswersAndGoesWhileWeWrite_theAnswerIsReceived(Transport transport) {
    run(
        transport,
        () -> {
          var answer = new LoopFuture<List<Object>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Map.of(ChannelOption.AUTO_CLOSE, false),
                  Pipelines.lines(channel -> {
                    var arrival = new LoopFuture<@Nullable Void>();
                    Tasks.onLoopThread(() ->
                        channel.nettyChannel().pipeline().addFirst(Pipelines.noting(arrival)));
                    channel.send("started\n");
                    arrival.await();
                    Throwable fault = Pipelines.thrownBy(() -> channel.send("x".repeat(16 * MIB)));
                    String line = channel.receive();
                    answer.setResult(List.of(fault, line == null ? "nothing" : line));
                  }));
          Socket socket = Pipelines.socket(server);

          offLoop(() -> {
            socket.getInputStream().readNBytes(8);
            socket.getOutputStream().write("no\n".getBytes(US_ASCII));
            socket.close();
            return true;
          });

          assertThat(answer.await().getFirst()).isInstanceOf(IOException.class);
          assertThat(answer.await().getLast()).isEqualTo("no");
        });
  }

  /// Hazard 27: a send that is cancelled half way leaves the connection in frame.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard27_cancelledSends_areSentWholeOrNotAtAll(Transport transport) {
    run(
        transport,
        () -> {
          int size = 4 * MIB;
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            Task<?> flushed =
                                Asyncio.createTask(
                                    () -> channel.send(Unpooled.buffer().writeZero(size)));
                            polls(2);
                            flushed.cancel();
                            Task<?> never =
                                Asyncio.createTask(
                                    () -> channel.send(Unpooled.copiedBuffer("lost", US_ASCII)));
                            Asyncio.sleep(Duration.ZERO);
                            never.cancel();
                            channel.send(Unpooled.copiedBuffer("end", US_ASCII));
                          })));
          Socket socket = Pipelines.socket(server);

          byte[] all = offLoop(() -> socket.getInputStream().readAllBytes());

          assertThat(all).hasSize(size + 3).endsWith("end".getBytes(US_ASCII));
          socket.close();
        });
  }

  /// Hazard 28: what was written when the body returns arrives.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard28_bodyWritesFiveMegabytesAndReturns_allArrive(Transport transport) {
    byte[] data = Pipelines.randomBytes(5 * MIB);
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            for (int i = 0; i < 5; i++) {
                              channel.write(Unpooled.wrappedBuffer(data, i * MIB, MIB));
                            }
                          })));
          Socket socket = Pipelines.socket(server);

          assertThat(offLoop(() -> socket.getInputStream().readAllBytes())).isEqualTo(data);
          socket.close();
        });
  }

  /// Hazard 29: a flush per write.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard29_thousandSmallWritesInOneTick_areOneFlush(Transport transport) {
    run(
        transport,
        () -> {
          var counter = new FlushCounter();
          var figures = new LoopFuture<List<Integer>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          counter,
                          Pipelines.bytes(channel -> {
                            for (int i = 0; i < 1000; i++) {
                              channel.write(Unpooled.copiedBuffer("x", US_ASCII));
                            }
                            int before = counter.flushes;
                            Asyncio.sleep(Duration.ofMillis(1));
                            int after = counter.flushes;
                            channel.write(Unpooled.copiedBuffer("x", US_ASCII));
                            channel.flush();
                            figures.setResult(List.of(before, after, counter.flushes));
                          })));
          Socket socket = Pipelines.socket(server);

          assertThat(figures.await()).containsExactly(0, 1, 2);
          assertThat(counter.writes).isEqualTo(1001);
          socket.close();
        });
  }
}
