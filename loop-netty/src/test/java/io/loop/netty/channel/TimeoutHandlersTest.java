package io.loop.netty.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.handler.timeout.WriteTimeoutException;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's own time limits before a coroutine; numbered as in the hazards list.
class TimeoutHandlersTest extends OnNetty {

  private static Channel serve(
      Transport transport,
      ChannelHandler limit,
      LoopFuture<@Nullable Void> closed,
      ChannelBody<ByteBuf> body) {
    return Pipelines.serve(
        transport,
        pipeline -> {
          pipeline.addLast(limit, Pipelines.bytes(body));
          pipeline.channel().closeFuture().addListener(_ -> closed.setResult(null));
        });
  }

  /// Hazard 82.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard82_silentPeer_isALostConnection(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var closed = new LoopFuture<@Nullable Void>();
          var faults = new LoopFuture<List<Throwable>>();
          Channel server =
              serve(
                  transport,
                  new ReadTimeoutHandler(10, TimeUnit.MILLISECONDS),
                  closed,
                  channel -> {
                    faults.setResult(
                        List.of(
                            Pipelines.thrownBy(channel::receive),
                            Pipelines.thrownBy(channel::receive)));
                    ByteBuf _ = channel.receive(); // and this is not caught
                  });
          Socket silent = Pipelines.socket(server);

          assertThat(faults.await())
              .allSatisfy(fault ->
                  assertThat(fault)
                      .isInstanceOf(SocketTimeoutException.class)
                      .hasCauseInstanceOf(ReadTimeoutException.class));
          closed.await();
          polls(2);
          assertThat(reports).isEmpty();
          silent.close();
        });
  }

  /// Hazard 82.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard82_peerThatNeverReads_isALostConnection(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var closed = new LoopFuture<@Nullable Void>();
          var fault = new LoopFuture<Throwable>();
          Channel server =
              serve(
                  transport,
                  new WriteTimeoutHandler(10, TimeUnit.MILLISECONDS),
                  closed,
                  channel -> {
                    channel.write(Unpooled.wrappedBuffer(new byte[8 << 20]));
                    fault.setResult(Pipelines.thrownBy(channel::receive));
                    ByteBuf _ = channel.receive(); // and this is not caught
                  });
          Socket deaf = Pipelines.socket(server);

          assertThat(fault.await())
              .isInstanceOf(SocketTimeoutException.class)
              .hasCauseInstanceOf(WriteTimeoutException.class);
          closed.await();
          polls(2);
          assertThat(reports).isEmpty();
          deaf.close();
        });
  }
}
