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
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A coroutine per message.
class PerMessageTest extends OnNetty {

  private static Channel serve(Transport transport, MessageBody<String> body, int concurrency) {
    return Pipelines.serve(
        transport,
        pipeline -> {
          Pipelines.lines(pipeline);
          pipeline.addLast(
              CoroutineHandler.perMessage(String.class, body, concurrency, HandlerOptions.DEFAULT));
        });
  }

  private static String ask(Channel server, String request, int answerLength) {
    Socket socket = Pipelines.socket(server);
    return offLoop(() -> {
      try (socket) {
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        return new String(socket.getInputStream().readNBytes(answerLength), US_ASCII);
      }
    });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void inTurn_eachMessage_isAnsweredBeforeTheNextBegins(Transport transport) {
    run(
        transport,
        () -> {
          List<String> order = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    Pipelines.lines(pipeline);
                    pipeline.addLast(
                        CoroutineHandler.perMessage(
                            String.class,
                            (_, line) -> {
                              order.add("begin " + line);
                              Asyncio.sleep(Duration.ofMillis(line.equals("a") ? 5 : 1));
                              order.add("end " + line);
                              return line.equals("quiet") ? null : line + "\n";
                            }));
                  });

          String answer = ask(server, "a\nquiet\nb\n", 4);

          assertThat(answer).isEqualTo("a\nb\n");
          assertThat(order)
              .containsExactly("begin a", "end a", "begin quiet", "end quiet", "begin b", "end b");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void atOnce_laterMessagesReadyFirst_areAnsweredInRequestOrder(Transport transport) {
    run(
        transport,
        () -> {
          List<String> ended = new ArrayList<>();
          Channel server =
              serve(
                  transport,
                  (_, line) -> {
                    until(() -> ended.size() == 3 - Integer.parseInt(line)); // the later ones
                    ended.add(line);
                    return line + "\n";
                  },
                  8);

          String answer = ask(server, "1\n2\n3\n", 6);

          assertThat(answer).isEqualTo("1\n2\n3\n");
          assertThat(ended).containsExactly("3", "2", "1");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void atOnce_moreMessagesThanTheLimit_runNoMoreTogether(Transport transport) {
    run(
        transport,
        () -> {
          int[] figures = new int[2];
          Channel server =
              serve(
                  transport,
                  (_, line) -> {
                    figures[1] = Math.max(figures[1], ++figures[0]);
                    Asyncio.sleep(Duration.ofMillis(1));
                    figures[0]--;
                    return line + "\n";
                  },
                  3);

          ask(server, "x\n".repeat(50), 100);

          assertThat(figures[1]).isEqualTo(3);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void failure_ofOneMessage_isReportedAndEarlierAnswersAreSent(Transport transport) {
    run(
        transport,
        () -> {
          // what was written is not flushed before the failure
          Loop.running().setTicksPerPoll(10_000, Duration.ofSeconds(1));
          List<ExceptionContext> reports = Pipelines.reports();
          var cancelled = new LoopFuture<String>();
          var fault = new IOException("no");
          Channel server =
              serve(
                  transport,
                  (_, line) -> {
                    switch (line) {
                      case "good" -> Asyncio.sleep(Duration.ofMillis(10));
                      case "bad" -> throw fault;
                      default -> {
                        try {
                          Pipelines.forever();
                        } finally {
                          cancelled.setResult(line);
                        }
                      }
                    }
                    return line + "\n";
                  },
                  8);
          Socket socket = Pipelines.socket(server);

          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write("good\nbad\nlater\n".getBytes(US_ASCII));
                return socket.getInputStream().readAllBytes();
              });

          assertThat(answer).asString().isEqualTo("good\n");
          assertThat(cancelled.await()).isEqualTo("later");
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().exception()).isSameAs(fault);
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void cancelledError_thatNobodyAskedFor_closesAfterTheEarlierAnswers(Transport transport) {
    for (int concurrency : new int[] {1, 2, 4}) {
      run(
          transport,
          () -> {
            List<ExceptionContext> reports = Pipelines.reports();
            Channel server =
                serve(
                    transport,
                    (_, line) -> {
                      switch (line) {
                        case "good" -> Asyncio.sleep(Duration.ofMillis(10));
                        case "cancelled" -> {
                          var given = new LoopFuture<String>();
                          given.cancel();
                          given.await();
                        }
                        default -> Pipelines.forever();
                      }
                      return line + "\n";
                    },
                    concurrency);
            Socket socket = Pipelines.socket(server);

            byte[] answer =
                offLoop(() -> {
                  socket.getOutputStream().write("good\ncancelled\nlater\n".getBytes(US_ASCII));
                  return socket.getInputStream().readAllBytes();
                });

            assertThat(answer).asString().isEqualTo("good\n");
            socket.close();
            while (Task.all().size() > 1) {
              Asyncio.sleep(Duration.ofMillis(1));
            }
            assertThat(reports).isEmpty();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void task_ofAMessageCancelledByOthers_closesTheConnection(Transport transport) {
    run(
        transport,
        () -> {
          var answering = new LoopFuture<Task<?>>();
          Channel server =
              serve(
                  transport,
                  (_, _) -> {
                    answering.setResult(Task.current());
                    Pipelines.forever();
                    return "never\n";
                  },
                  4);
          Socket socket = Pipelines.socket(server);
          LoopFuture<byte[]> answer =
              Asyncio.createTask(() ->
                  offLoop(() -> {
                    socket.getOutputStream().write("ask\n".getBytes(US_ASCII));
                    return socket.getInputStream().readAllBytes();
                  }));

          answering.await().cancel();

          assertThat(answer.await()).isEmpty();
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void messages_answeredOrNot_areReleased(Transport transport) {
    List<ByteBuf> seen = new ArrayList<>();
    run(
        transport,
        () -> {
          var waiting = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          new FixedLengthFrameDecoder(2),
                          CoroutineHandler.perMessage(
                              ByteBuf.class,
                              (_, frame) -> {
                                seen.add(frame);
                                Asyncio.sleep(Duration.ofMillis(1));
                                if (frame.getByte(0) == 'z') {
                                  waiting.setResult(null);
                                  Pipelines.forever(); // until the connection is gone
                                }
                                return frame.retainedSlice();
                              },
                              2,
                              HandlerOptions.DEFAULT.withDisconnect(
                                  HandlerOptions.Disconnect.CANCEL))));
          Socket socket = Pipelines.socket(server);
          String answer =
              offLoop(() -> {
                socket.getOutputStream().write("aabbzzcc".getBytes(US_ASCII));
                return new String(socket.getInputStream().readNBytes(4), US_ASCII);
              });
          assertThat(answer).isEqualTo("aabb");
          waiting.await();
          socket.close();
          while (Task.all().size() > 1) {
            Asyncio.sleep(Duration.ofMillis(1));
          }
        });

    assertThat(seen).hasSizeGreaterThan(2);
    noBufferIsLeft();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void end_ofTheInput_lastAnswersAreStillSent(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true),
                  pipeline -> {
                    Pipelines.lines(pipeline);
                    pipeline.addLast(
                        CoroutineHandler.perMessage(
                            String.class,
                            (_, line) -> {
                              Asyncio.sleep(Duration.ofMillis(10));
                              return line + "\n";
                            },
                            4,
                            HandlerOptions.DEFAULT));
                  });
          Socket socket = Pipelines.socket(server);

          byte[] answer =
              offLoop(() -> {
                socket.getOutputStream().write("1\n2\n3\n".getBytes(US_ASCII));
                socket.shutdownOutput();
                return socket.getInputStream().readAllBytes();
              });

          assertThat(answer).asString().isEqualTo("1\n2\n3\n");
          socket.close();
        });
  }

  @Test
  void concurrency_belowOne_isRefused() {
    MessageBody<String> body = (CoroutineChannel<String> _, String _) -> (@Nullable Object) null;

    assertThatThrownBy(
            () -> CoroutineHandler.perMessage(String.class, body, 0, HandlerOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
