package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A coroutine behind Netty's codecs on a plain bootstrap.
///
/// Hazards and protocols have classes of their own.
class CoroutineHandlerTest extends OnNetty {

  private static byte[] exchange(Socket socket, String request) {
    return offLoop(() -> {
      try (socket) {
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        socket.shutdownOutput();
        return socket.getInputStream().readAllBytes();
      }
    });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void body_thatEchoesLines_answersEachUntilThePeerEnds(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    for (String line : channel) {
                      channel.send(line + "\n");
                    }
                  }));
          Socket socket = Pipelines.socket(server);

          String answer =
              offLoop(() -> {
                try (socket) {
                  socket.getOutputStream().write("one\ntwo\n".getBytes(US_ASCII));
                  return new String(socket.getInputStream().readNBytes(8), US_ASCII);
                }
              });

          assertThat(answer).isEqualTo("one\ntwo\n");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void task_ofAChannel_isNamedAfterIt(Transport transport) {
    run(
        transport,
        () -> {
          var names = new ArrayList<String>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    names.add(Task.current().getName());
                    names.add(channel.nettyChannel().id().asShortText());
                  }));

          exchange(Pipelines.socket(server), "");

          assertThat(names).hasSize(2);
          assertThat(names.getFirst()).contains(names.getLast(), "127.0.0.1");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void otherMessagesAndUserEvents_passOn(Transport transport) {
    run(
        transport,
        () -> {
          List<Object> behind = new ArrayList<>();
          var seen = new LoopFuture<Object>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    Pipelines.lines(pipeline);
                    pipeline.addLast(
                        CoroutineHandler.of(Integer.class, channel -> channel.receive()),
                        new ChannelInboundHandlerAdapter() {
                          @Override
                          public void channelRead(ChannelHandlerContext context, Object message) {
                            behind.add(message);
                            context.pipeline().fireUserEventTriggered("event");
                          }

                          @Override
                          public void userEventTriggered(
                              ChannelHandlerContext context, Object event) {
                            if (!seen.isDone()) {
                              seen.setResult(event);
                            }
                          }
                        });
                  });
          Socket socket = Pipelines.socket(server);
          offLoop(() -> {
            socket.getOutputStream().write("one\n".getBytes(US_ASCII));
            return true;
          });

          assertThat(seen.await()).isEqualTo("event");
          assertThat(behind).containsExactly("one");
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void events_ofThePipeline_canBeAwaited(Transport transport) {
    run(
        transport,
        () -> {
          var got = new LoopFuture<@Nullable Integer>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    Loop.running()
                        .callSoon(() -> {
                          channel.nettyChannel().pipeline().fireUserEventTriggered("skipped");
                          channel.nettyChannel().pipeline().fireUserEventTriggered(42);
                        });
                    got.setResult(channel.events().receive(Integer.class));
                  }));

          Socket socket = Pipelines.socket(server);

          assertThat(got.await()).isEqualTo(42);
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void receiveWithAUse_releasesEachMessage(Transport transport) {
    run(
        transport,
        () -> {
          var sum = new LoopFuture<Integer>();
          List<ByteBuf> kept = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          CoroutineHandler.of(
                              ByteBuf.class,
                              channel -> {
                                int[] bytes = new int[1];
                                while (channel.receive(
                                    data -> {
                                      bytes[0] += data.readableBytes();
                                      kept.add(data);
                                    })) {
                                  Asyncio.sleep(Duration.ZERO);
                                }
                                sum.setResult(bytes[0]);
                              })));

          exchange(Pipelines.socket(server), "abc");

          assertThat(sum.await()).isEqualTo(3);
          assertThat(kept).isNotEmpty().allSatisfy(data -> assertThat(data.refCnt()).isZero());
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void secondReceiver_whileOneWaits_isRefused(Transport transport) {
    run(
        transport,
        () -> {
          var refusal = new LoopFuture<Throwable>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    Task<?> first = Asyncio.createTask(() -> channel.receive());
                    Asyncio.sleep(Duration.ZERO);
                    refusal.setResult(Pipelines.thrownBy(channel::receive));
                    first.cancel();
                  }));

          Socket socket = Pipelines.socket(server);

          assertThat(refusal.await()).hasMessageContaining("another coroutine");
          socket.close();
        });
  }

  @Test
  void marks_thatMakeNoSense_areRefused() {
    assertThatThrownBy(() -> HandlerOptions.DEFAULT.withWaterMarks(4, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HandlerOptions.DEFAULT.withWaterMarks(4, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void randomLines_throughManyConnections_comeBackInOrder(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    for (String line : channel) {
                      channel.write(line + "\n");
                      channel.drain();
                    }
                  }));
          List<Task<Boolean>> peers = new ArrayList<>();
          for (int peer = 0; peer < 4; peer++) {
            var random = new Random(peer);
            var text = new StringBuilder();
            for (int i = 0; i < 2_000; i++) {
              text.append("x".repeat(random.nextInt(60))).append('\n');
            }
            peers.add(
                Asyncio.createTask(() -> {
                  Channel connection = Pipelines.connect(transport, server, Pipelines::lines);
                  return echoed(connection, text.toString());
                }));
          }
          for (Task<Boolean> peer : peers) {
            assertThat(peer.await()).isTrue();
          }
        });
  }

  /// Serves the client's side of a connection with a handler that is added to an open channel.
  private static boolean echoed(Channel connection, String text) {
    var got = new LoopFuture<Boolean>();
    var back = new StringBuilder();
    connection
        .pipeline()
        .addLast(
            CoroutineHandler.of(
                String.class,
                channel -> {
                  channel.write(text);
                  for (String line : channel) {
                    back.append(line).append('\n');
                    if (back.length() >= text.length()) {
                      break;
                    }
                  }
                  got.setResult(back.toString().equals(text));
                }));
    return got.await();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tooLongAFrame_isThrownInItsPlaceAndReceivingGoesOn(Transport transport) {
    run(
        transport,
        () -> {
          List<Object> got = new ArrayList<>();
          var all = new LoopFuture<List<Object>>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    Object next = "";
                    while (next != null) {
                      try {
                        next = channel.receive();
                      } catch (TooLongFrameException fault) {
                        next = "too long";
                      }
                      if (next != null) {
                        got.add(next);
                      }
                    }
                    all.setResult(got);
                  }));

          exchange(Pipelines.socket(server), "one\n" + "x".repeat(100) + "\ntwo\n");

          assertThat(all.await()).containsExactly("one", "too long", "two");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_thatNoEncoderTakes_isThrownByTheNextDrainOrReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var drained = new LoopFuture<Throwable>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    channel.write(new Object());
                    channel.flush();
                    drained.setResult(Pipelines.thrownBy(channel::drain));
                    channel.drain();
                    channel.write(new Object());
                  }));
          Socket socket = Pipelines.socket(server);
          offLoop(() -> socket.getInputStream().read());
          socket.close();
          while (reports.isEmpty()) {
            Asyncio.sleep(Duration.ofMillis(1));
          }

          assertThat(drained.await()).isInstanceOf(UnsupportedOperationException.class);
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().exception())
              .isInstanceOf(UnsupportedOperationException.class);
        });
  }
}
