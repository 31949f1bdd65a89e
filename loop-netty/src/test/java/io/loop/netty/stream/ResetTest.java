package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.ChannelBody;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A peer that resets its connection.
final class ResetTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";

  @ParameterizedTest
  @MethodSource("transports")
  void stream_peerThatResetsInTheMiddleOfALine_isAFailure(Transport transport) {
    run(
        transport,
        () -> {
          var waiting = new LoopFuture<Boolean>();
          var ended = new LoopFuture<Throwable>();
          Server server =
              Streams.startServer(
                  (reader, _) -> {
                    waiting.setResult(true);
                    ended.setResult(Pipelines.thrownBy(reader::readLine));
                  },
                  LOCAL,
                  0);
          Socket peer = connect(server);
          waiting.await();
          polls(1);

          peer.getOutputStream().write('b');
          Pipelines.reset(peer);

          assertThat(Asyncio.waitFor(ended, PATIENCE)).isInstanceOf(SocketException.class);
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void channel_peerThatResets_isASocketExceptionAndNotReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<Throwable> seen = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            try {
                              channel.receive();
                            } catch (Exception fault) {
                              seen.add(fault);
                              throw fault;
                            }
                          })));
          Socket socket = Pipelines.socket(server);
          polls(3);

          Pipelines.reset(socket);
          until(() -> !seen.isEmpty());

          polls(3);
          assertThat(seen).hasSize(1);
          assertThat(seen.getFirst()).isExactlyInstanceOf(SocketException.class);
          assertThat(reports).isEmpty();
          var _ = server.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void channel_peerThatSendsAndResetsAtOnce_theMessageAndThenTheFailure(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<Object> seen = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            channel.receive(message -> seen.add(message.readableBytes()));
                            seen.add(Pipelines.thrownBy(channel::receive).getClass());
                          })));
          Socket peer = Pipelines.socket(server);
          polls(3);

          peer.getOutputStream().write('b');
          Pipelines.reset(peer);
          until(() -> seen.size() == 2);

          assertThat(seen).containsExactly(1, SocketException.class);
          polls(2);
          assertThat(reports).isEmpty();
          var _ = server.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void channel_peerThatGoesWhileItIsSentTo_isNotReportedHoweverItIsThrown(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<Throwable> seen = new ArrayList<>();
          List<ChannelBody<?>> bodies =
              List.of(
                  channel -> {
                    while (true) {
                      channel.send(Unpooled.wrappedBuffer(new byte[1_000]));
                    }
                  },
                  channel -> {
                    while (true) {
                      channel.write(Unpooled.wrappedBuffer(new byte[1_000]));
                      channel.drain();
                    }
                  });
          for (ChannelBody<?> body : bodies) {
            int before = seen.size();
            Channel server =
                Pipelines.serve(
                    transport,
                    pipeline ->
                        pipeline.addLast(
                            CoroutineHandler.of(channel -> {
                              try {
                                serve(body, channel);
                              } catch (Exception fault) {
                                seen.add(fault);
                                throw fault;
                              }
                            })));
            Socket socket = Pipelines.socket(server);
            polls(3);

            Pipelines.reset(socket);
            until(() -> seen.size() > before);
            var _ = server.close();
          }

          polls(3);
          assertThat(seen)
              .allSatisfy(fault ->
                  assertThat(fault)
                      .isInstanceOfAny(SocketException.class, ClosedChannelException.class));
          assertThat(seen)
              .allSatisfy(fault -> assertThat(fault.getClass().getName()).startsWith("java."));
          assertThat(reports).isEmpty();
        });
  }

  @SuppressWarnings("unchecked") // none of them receives
  private static void serve(ChannelBody<?> body, CoroutineChannel<Object> channel)
      throws Exception {
    ((ChannelBody<Object>) body).serve(channel);
  }
}
