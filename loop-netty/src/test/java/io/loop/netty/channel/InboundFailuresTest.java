package io.loop.netty.channel;

import static io.loop.netty.Pipelines.untilPaused;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.base.PeerReports;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Many failures on the way from a channel to its coroutine; numbered as in the hazards list.
class InboundFailuresTest extends OnNetty {

  /// Hazard 60: a decoder that fails for each few bytes.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard60_linesThatAreAllTooLong_pauseReadingAndAreFewFailures(Transport transport) {
    int lines = 50_000;
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var failures = new LoopFuture<Integer>();
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    untilPaused(channel); // by failures alone
                    failures.setResult(countFailures(channel));
                  }));
          Socket socket = Pipelines.socket(server);

          offLoop(() -> {
            byte[] input = ("x".repeat(65) + "\n").repeat(lines).getBytes(US_ASCII);
            socket.getOutputStream().write(input);
            socket.shutdownOutput();
            return true;
          });

          assertThat(failures.await()).isPositive().isLessThan(lines / 10);
          assertThat(reports).isEmpty();
          socket.close();
        });
  }

  private static int countFailures(CoroutineChannel<String> channel) throws IOException {
    int count = 0;
    boolean more = true;
    while (more) {
      try {
        more = channel.receive() != null;
      } catch (TooLongFrameException tooLong) {
        count++;
      }
    }
    return count;
  }

  /// Hazard 60: the coroutine has ended, and the channel only sends what is left. Input is dropped.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard60_failuresAfterTheEndOfTheCoroutine_areNotReported(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var failed = new LoopFuture<@Nullable Void>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    Pipelines.lines(pipeline);
                    pipeline.addLast(
                        notingFailure(failed),
                        CoroutineHandler.of(channel -> channel.write("x".repeat(8 << 20))));
                  });
          try (Socket socket = Pipelines.socket(server)) {
            offLoop(() -> socket.getInputStream().read()); // the coroutine has written
            offLoop(() -> {
              byte[] tooLong = ("x".repeat(65) + "\n").getBytes(US_ASCII);
              socket.getOutputStream().write(tooLong);
              return true;
            });
            failed.await();
            assertThat(offLoop(() -> socket.getInputStream().readAllBytes()).length)
                .isEqualTo((8 << 20) - 1);
          }

          assertThat(reports).isEmpty();
        });
  }

  private static ChannelHandler notingFailure(LoopFuture<@Nullable Void> failed) {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
        context.fireExceptionCaught(fault);
        failed.setResult(null);
      }
    };
  }

  /// Hazard 60: the failures are not received, and each would be a line in the log.
  @ParameterizedTest
  @MethodSource("transports")
  void hazard60_failuresThatNobodyReceives_areFewReports(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          new FixedLengthFrameDecoder(1),
                          new Refusing(),
                          Pipelines.bytes(Pipelines::untilPaused))); // by failures alone
          Socket socket = Pipelines.socket(server);
          Duration begin = Loop.running().time();

          offLoop(() -> {
            try {
              socket.getOutputStream().write(new byte[100_000]);
              return socket.getInputStream().read();
            } catch (IOException reset) {
              return -1;
            }
          });

          long seconds = Loop.running().time().minus(begin).toSeconds() + 1;
          assertThat(reports).hasSizeBetween(1, Math.toIntExact(seconds * (PeerReports.MOST + 1)));
          socket.close();
        });
  }

  /// A decoder for which every message is wrong in a way of its own.
  private static final class Refusing extends ChannelInboundHandlerAdapter {
    private int count;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
      count++;
      context.fireExceptionCaught(new DecoderException("wrong message " + count));
    }
  }
}
