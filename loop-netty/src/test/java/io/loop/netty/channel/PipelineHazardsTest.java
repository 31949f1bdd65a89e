package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.TaskFactory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipelineException;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes wrong between coroutines, pipelines and loops; numbered as in the hazards list.
@SuppressWarnings("FutureReturnValueIgnored") // handlers pass their promises on
class PipelineHazardsTest extends OnNetty {

  /// Hazard 30: one flooding channel beside fifty quiet ones.
  @ParameterizedTest
  @MethodSource("transports")
  @Tag("slow")
  void hazard30_floodOnOneChannel_othersAreServed(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            try {
                              for (ByteBuf data : channel) {
                                channel.write(data);
                                channel.drain();
                              }
                            } catch (IOException | UncheckedIOException reset) {
                              // the end of this test
                            }
                          })));
          Socket flood = Pipelines.socket(server);
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  while (true) {
                    flood.getOutputStream().write(new byte[65_536]);
                  }
                } catch (IOException closed) {
                  // the end of this test
                }
              });
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  flood.getInputStream().skip(Long.MAX_VALUE);
                } catch (IOException closed) {
                  // the end of this test
                }
              });
          List<Socket> quiet = new ArrayList<>();
          for (int i = 0; i < 50; i++) {
            quiet.add(Pipelines.socket(server));
          }

          int pings =
              offLoop(() -> {
                int answered = 0;
                for (int round = 0; round < 5; round++) {
                  for (Socket socket : quiet) {
                    socket.getOutputStream().write(1);
                    answered += socket.getInputStream().read();
                  }
                }
                return answered;
              });

          assertThat(pings).isEqualTo(250);
          flood.close();
          for (Socket socket : quiet) {
            socket.close();
          }
        });
  }

  /// Hazard 32: the handler comes after the channel is active, and is told twice.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard32_handlerAddedToAnActiveChannel_startsOnce(Transport transport) {
    run(
        transport,
        () -> {
          var starts = new AtomicInteger();
          Channel server = Pipelines.serve(transport, _ -> {});
          Channel client = Pipelines.connect(transport, server, _ -> {});
          NettyLoop.eventLoop(Loop.running())
              .execute(() -> {
                client
                    .pipeline()
                    .addLast(
                        Pipelines.bytes(_ -> {
                          starts.incrementAndGet();
                          Pipelines.forever();
                        }));
                client.pipeline().fireChannelActive();
              });
          until(() -> starts.get() > 0);
          polls(5);

          assertThat(starts).hasValue(1);
        });
  }

  /// Hazard 33: one handler in two pipelines.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard33_sameHandlerInASecondPipeline_isRefused(Transport transport) {
    run(
        transport,
        () -> {
          Channel server = Pipelines.serve(transport, _ -> {});
          CoroutineHandler<ByteBuf> handler = Pipelines.bytes(_ -> Pipelines.forever());
          Pipelines.connect(transport, server, pipeline -> pipeline.addLast(handler));
          Channel second = Pipelines.connect(transport, server, _ -> {});

          assertThatThrownBy(() -> second.pipeline().addLast(handler))
              .isInstanceOf(ChannelPipelineException.class)
              .hasMessageContaining("CoroutineHandler is not a @Sharable handler");
        });
  }

  /// Hazard 36: the channel moves to another event loop under its coroutine.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard36_channelLeavesItsEventLoop_bodyGetsADefinedError(Transport transport) {
    run(
        transport,
        () -> {
          var outcome = new LoopFuture<List<Throwable>>();
          Channel server = Pipelines.serve(transport, _ -> {});
          Channel client =
              Pipelines.connect(
                  transport,
                  server,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel ->
                              outcome.setResult(
                                  List.of(
                                      Pipelines.thrownBy(channel::receive),
                                      Pipelines.thrownBy(
                                          () -> channel.send(Unpooled.buffer(1).writeByte(1))))))));

          NettyLoop.eventLoop(Loop.running())
              .execute(() -> {
                var _ = client.deregister();
              });

          assertThat(outcome.await().getFirst())
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("left its event loop");
          assertThat(outcome.await().getLast()).isInstanceOf(ClosedChannelException.class);
          until(() -> !client.isOpen());
        });
  }

  /// Hazard 47: awaiting inside a Netty handler, below a coroutine's write.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard47_awaitInsideAHandler_failsThatWriteAndLeavesTheChannel(Transport transport) {
    run(
        transport,
        () -> {
          var fault = new LoopFuture<Throwable>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          new ChannelOutboundHandlerAdapter() {
                            private boolean awaited;

                            @Override
                            public void write(
                                ChannelHandlerContext context,
                                Object message,
                                ChannelPromise promise) {
                              if (!awaited) {
                                awaited = true;
                                ((ByteBuf) message).release();
                                Asyncio.sleep(Duration.ofMillis(1));
                              }
                              context.write(message, promise);
                            }
                          },
                          Pipelines.bytes(channel -> {
                            fault.setResult(
                                Pipelines.thrownBy(
                                    () -> channel.send(Unpooled.copiedBuffer("lost", US_ASCII))));
                            channel.send(Unpooled.copiedBuffer("kept", US_ASCII));
                          })));
          Socket socket = Pipelines.socket(server);

          byte[] all = offLoop(() -> socket.getInputStream().readAllBytes());

          assertThat(all).asString().isEqualTo("kept");
          assertThat(fault.await()).isInstanceOf(IllegalStateException.class);
          socket.close();
        });
  }

  /// Hazard 47: a coroutine is never entered from a Netty call, not even where tasks start eagerly.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard47_tasksThatStartEagerly_doNotEnterTheBodyFromTheHandler(Transport transport) {
    run(
        transport,
        () -> {
          Asyncio.setTaskFactory(TaskFactory.EAGER);
          boolean[] inHandler = new boolean[1];
          var entered = new LoopFuture<Boolean>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    inHandler[0] = true; // an accepted channel is active when its handlers come
                    pipeline.addLast(Pipelines.bytes(_ -> entered.setResult(inHandler[0])));
                    inHandler[0] = false;
                  });
          Socket socket = Pipelines.socket(server);

          assertThat(entered.await()).isFalse();
          socket.close();
        });
  }
}
