package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.netty.NettyFutures;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.channel.Channel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections that end in the middle of a message, which Netty's aggregators and the HTTP client's
/// codec report as a failure of a codec; numbered as in the hazards list.
class CutMessagesTest extends OnNetty {

  private static final String HALF = "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345";

  private static Channel serve(Transport transport, ChannelBody<FullHttpRequest> body) {
    return serve(transport, new LoopFuture<>(), body);
  }

  /// @param begun set when the first part of a message has arrived; for one channel
  private static Channel serve(
      Transport transport, LoopFuture<@Nullable Void> begun, ChannelBody<FullHttpRequest> body) {
    return Pipelines.serve(
        transport,
        pipeline ->
            pipeline.addLast(
                new HttpServerCodec(),
                Pipelines.noting(begun),
                new HttpObjectAggregator(1 << 20),
                CoroutineHandler.of(FullHttpRequest.class, body)));
  }

  private static void sendHalf(Socket socket) {
    offLoop(() -> {
      socket.getOutputStream().write(HALF.getBytes(US_ASCII));
      return true;
    });
  }

  /// Hazard 81: the loss of the connection, each time that something is to be received.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard81_closeInTheMiddle_isTheEndOfTheConnection(Transport transport) {
    run(
        transport,
        () -> {
          var faults = new LoopFuture<List<Throwable>>();
          Channel server =
              serve(
                  transport,
                  channel ->
                      faults.setResult(
                          List.of(
                              Pipelines.thrownBy(channel::receive),
                              Pipelines.thrownBy(channel::receive))));
          Socket socket = Pipelines.socket(server);
          sendHalf(socket);
          socket.close();

          assertThat(faults.await())
              .allSatisfy(fault ->
                  assertThat(fault)
                      .isInstanceOf(EOFException.class)
                      .hasMessageContaining("in the middle of a message")
                      .hasCauseInstanceOf(PrematureChannelClosureException.class));
        });
  }

  /// Hazard 81: the reset comes first, and is what the coroutine gets.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard81_resetInTheMiddle_isTheResetOnly(Transport transport) {
    run(
        transport,
        () -> {
          var begun = new LoopFuture<@Nullable Void>();
          var faults = new LoopFuture<List<Throwable>>();
          Channel server =
              serve(
                  transport,
                  begun,
                  channel ->
                      faults.setResult(
                          List.of(
                              Pipelines.thrownBy(channel::receive),
                              Pipelines.thrownBy(channel::receive))));
          Socket socket = Pipelines.socket(server);
          sendHalf(socket);
          begun.await();
          Pipelines.reset(socket);

          assertThat(faults.await()).hasOnlyElementsOfType(SocketException.class);
        });
  }

  /// Hazard 81: no report for a peer that leaves, whether the coroutine waits or has ended.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard81_peersThatLeaveInTheMiddle_areNotReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          for (boolean waits : List.of(true, false)) {
            for (boolean resets : List.of(true, false)) {
              leaveInTheMiddle(transport, waits, resets);
            }
          }

          assertThat(reports).isEmpty();
        });
  }

  private static void leaveInTheMiddle(Transport transport, boolean waits, boolean resets)
      throws IOException {
    var begun = new LoopFuture<@Nullable Void>();
    var served = new LoopFuture<Channel>();
    Channel server =
        serve(
            transport,
            begun,
            channel -> {
              served.setResult(channel.nettyChannel());
              begun.await();
              if (waits) {
                ReferenceCountUtil.release(channel.receive());
              }
            });
    Socket socket = Pipelines.socket(server);
    sendHalf(socket);
    begun.await();
    if (resets) {
      Pipelines.reset(socket);
    } else {
      socket.close();
    }
    NettyFutures.await(served.await().closeFuture());
    polls(2);
  }

  /// Hazard 81: a server that closes in place of an answer. Netty's codec says so after the end.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard81_closeWithoutAnAnswer_isTheEndOfTheStream(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Channel server =
              serve(transport, channel -> ReferenceCountUtil.release(channel.receive()));
          var answer = new LoopFuture<@Nullable FullHttpResponse>();
          Pipelines.connect(
              transport,
              server,
              pipeline ->
                  pipeline.addLast(
                      new HttpClientCodec(4096, 8192, 8192, true),
                      new HttpObjectAggregator(1 << 20),
                      CoroutineHandler.of(
                          FullHttpResponse.class,
                          channel -> {
                            channel.send(
                                new DefaultFullHttpRequest(
                                    HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
                            answer.setResult(channel.receive());
                          })));

          assertThat(answer.await()).isNull();
          polls(2);
          assertThat(reports).isEmpty();
        });
  }
}
