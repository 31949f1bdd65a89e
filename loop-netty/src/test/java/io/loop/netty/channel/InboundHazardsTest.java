package io.loop.netty.channel;

import static io.loop.netty.Pipelines.untilPaused;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
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
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.FixedLengthFrameDecoder;
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

/// What goes wrong on the way from a channel to its coroutine; numbered as in the hazards list.
class InboundHazardsTest extends OnNetty {

  private static final int MIB = 1 << 20;

  private static final Map<ChannelOption<Boolean>, Boolean> HALF_CLOSURE =
      Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true);

  /// Hazard 16: a peer that goes while its channel is idle.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard16_peerClosesWhileTheBodyIsElsewhere_cancelPolicyFires(Transport transport) {
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
                        outcome.setResult(Pipelines.thrownBy(Pipelines::forever));
                      },
                      HandlerOptions.DEFAULT.withDisconnect(Disconnect.CANCEL)));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().readNBytes(8));

          socket.close();

          assertThat(outcome.await()).isInstanceOf(CancelledError.class);
        });
  }

  /// Hazard 16: while reading is paused the end is noticed when the queue is drained.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard16_peerClosesWhileReadingIsPaused_isNoticedAfterDraining(Transport transport) {
    run(
        transport,
        () -> {
          var lines = new LoopFuture<List<String>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(
                      channel -> {
                        untilPaused(channel);
                        List<String> got = new ArrayList<>();
                        channel.forEach(got::add);
                        channel.waitClosed();
                        lines.setResult(got);
                      },
                      HandlerOptions.DEFAULT.withWaterMarks(2, 0)));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> {
            socket.getOutputStream().write("a\nb\nc\nd\n".getBytes(US_ASCII));
            socket.close();
            return true;
          });

          assertThat(lines.await()).containsExactly("a", "b", "c", "d");
        });
  }

  /// Hazard 17: deliveries without demand.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard17_burstAndEndIntoAPausedChannel_losesNothing(Transport transport) {
    byte[] data = Pipelines.randomBytes(4 * MIB);
    run(
        transport,
        () -> {
          ByteBuf got = Unpooled.buffer(data.length);
          var done = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          CoroutineHandler.of(
                              ByteBuf.class,
                              channel -> {
                                untilPaused(channel);
                                while (channel.receive(got::writeBytes)) {
                                  if (got.readableBytes() % 7 == 0) {
                                    Asyncio.sleep(Duration.ZERO);
                                  }
                                }
                                done.setResult(null);
                              },
                              HandlerOptions.DEFAULT.withWaterMarks(2, 1))));
          Socket socket = Pipelines.socket(server);

          offLoop(() -> {
            socket.getOutputStream().write(data);
            socket.close();
            return true;
          });
          done.await();

          assertThat(got.readableBytes()).isEqualTo(data.length);
          assertThat(got.equals(Unpooled.wrappedBuffer(data))).isTrue();
          got.release();
        });
  }

  /// Hazard 17: a body that does not receive stops the peer.
  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void hazard17_bodyThatDoesNotReceive_stopsThePeer(Transport transport) {
    run(
        transport,
        () -> {
          var paused = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            untilPaused(channel);
                            paused.setResult(null);
                            Pipelines.forever();
                          })));
          Socket socket = Pipelines.socket(server);
          var sent = new AtomicInteger();
          var sender =
              Thread.ofPlatform()
                  .daemon()
                  .start(() -> {
                    try {
                      for (int i = 0; i < 200; i++) {
                        socket.getOutputStream().write(new byte[MIB]);
                        sent.incrementAndGet();
                      }
                    } catch (IOException closed) {
                      // by the end of this test
                    }
                  });
          paused.await();
          polls(50);

          assertThat(sent).hasValueLessThan(40);
          socket.close();
          offLoop(() -> sender.join(PATIENCE));
        });
  }

  /// Hazard 18: reading on after the peer's end, even if reading was paused when it came.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard18_receiveAfterTheEnd_leavesTheOtherDirectionAlone(Transport transport) {
    byte[] data = Pipelines.randomBytes(MIB);
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  HALF_CLOSURE,
                  pipeline ->
                      pipeline.addLast(
                          new FixedLengthFrameDecoder(1000),
                          CoroutineHandler.of(
                              ByteBuf.class,
                              channel -> {
                                untilPaused(channel);
                                while (channel.receive(_ -> {})) {
                                  Asyncio.sleep(Duration.ZERO);
                                }
                                assertThat(channel.receive()).isNull();
                                assertThat(channel.receive()).isNull();
                                polls(10);
                                channel.send(Unpooled.wrappedBuffer(data));
                              },
                              HandlerOptions.DEFAULT.withWaterMarks(2, 1))));
          Socket socket = Pipelines.socket(server);

          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write(new byte[10_000]);
                socket.shutdownOutput();
                return socket.getInputStream().readAllBytes();
              });

          assertThat(answer).isEqualTo(data);
          socket.close();
        });
  }

  /// Hazard 19: a channel whose directions have both ended.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard19_bothDirectionsEnded_closesTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          var closed = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  HALF_CLOSURE,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            channel.write(Unpooled.copiedBuffer("bye", US_ASCII));
                            channel.writeEof();
                            channel.waitClosed();
                            closed.setResult(null);
                          })));
          Socket socket = Pipelines.socket(server);

          byte[] answer =
              offLoop(() -> {
                byte[] all = socket.getInputStream().readAllBytes();
                socket.shutdownOutput();
                return all;
              });
          closed.await(); // although the body did not close it

          assertThat(answer).asString().isEqualTo("bye");
          socket.close();
        });
  }

  /// Hazard 25: messages that are queued when the body ends, in every way it can.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard25_bodiesThatStopReceiving_leaveNoMessage(Transport transport) {
    List<ChannelBody<ByteBuf>> bodies =
        List.of(
            _ -> {},
            _ -> {
              throw new IllegalStateException("no");
            },
            _ -> Task.current().cancel(),
            channel -> {
              ByteBuf first = channel.receive();
              assertThat(first).isNotNull();
              first.release();
            },
            channel -> channel.abort(),
            channel -> channel.close(),
            channel -> channel.detach(),
            _ -> Pipelines.forever(),
            _ -> {
              Asyncio.sleep(Duration.ofMillis(5));
              throw new IOException("no");
            });
    run(
        transport,
        () -> {
          Pipelines.reports();
          List<Channel> channels = new ArrayList<>();
          List<LoopFuture<?>> arrivals = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    var arrival = new LoopFuture<@Nullable Void>(Loop.running());
                    ChannelBody<ByteBuf> body = bodies.get(channels.size());
                    channels.add(pipeline.channel());
                    arrivals.add(arrival);
                    pipeline.addLast(
                        Pipelines.noting(arrival),
                        new FixedLengthFrameDecoder(100),
                        Pipelines.bytes(body));
                  });
          for (int i = 1; i <= bodies.size(); i++) {
            int count = i;
            Socket socket = Pipelines.socket(server);
            offLoop(() -> {
              try {
                socket.getOutputStream().write(new byte[10_000]);
              } catch (IOException reset) {
                // the body was quicker
              }
              return true;
            });
            until(() ->
                channels.size() == count
                    && (arrivals.getLast().isDone() || !channels.getLast().isOpen()));
            socket.close();
          }

          assertThat(channels).hasSameSizeAs(bodies);
        });
    noBufferIsLeft();
  }

  /// Hazard 26: a buffer of `receive(use)` does not outlive the use.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard26_sliceKeptOverASuspension_isValidWithinTheUseOnly(Transport transport) {
    run(
        transport,
        () -> {
          var seen = new LoopFuture<List<Integer>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            List<Integer> counts = new ArrayList<>();
                            List<ByteBuf> kept = new ArrayList<>();
                            channel.receive(data -> {
                              ByteBuf slice = data.slice();
                              Asyncio.sleep(Duration.ZERO);
                              counts.add(slice.refCnt());
                              kept.add(slice);
                            });
                            counts.add(kept.getFirst().refCnt());
                            seen.setResult(counts);
                          })));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> {
            socket.getOutputStream().write(1);
            return true;
          });

          assertThat(seen.await()).containsExactly(1, 0);
          socket.close();
        });
  }
}
