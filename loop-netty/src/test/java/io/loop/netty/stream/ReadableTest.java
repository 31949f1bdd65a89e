package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.ChannelBody;
import io.loop.netty.transport.Transport;
import io.loop.sync.Event;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Messages that are released after their turn. What is not released fails
/// [OnNetty#noBufferIsLeft].
class ReadableTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";

  private static Server start(ChannelBody<ByteBuf> body) throws Exception {
    return ChannelServer.startServer(
        pipeline -> pipeline.addLast(new Unpooling(), Pipelines.bytes(body)), LOCAL, 0);
  }

  /// Makes buffers that no pool uses again, so that a test can see whether each is released.
  private static final class Unpooling extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var pooled = (ByteBuf) message;
      ByteBuf copy = Unpooled.copiedBuffer(pooled);
      pooled.release();
      context.fireChannelRead(copy);
    }
  }

  private static void end(Server server) {
    server.close();
    server.waitClosed();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readable_untilTheEnd_eachIsReleasedAfterItsTurn(Transport transport) {
    run(
        transport,
        () -> {
          List<ByteBuf> seen = new ArrayList<>();
          Server server =
              start(channel -> {
                for (ByteBuf message : channel.readable()) {
                  assertThat(seen).allMatch(before -> before.refCnt() == 0);
                  seen.add(message);
                  channel.send(channel.nettyChannel().alloc().buffer().writeBytes(message));
                }
              });
          try (Socket client = connect(server)) {
            for (int i = 0; i < 5; i++) {
              client.getOutputStream().write(i);
              int answer = offLoop(() -> client.getInputStream().read());
              assertThat(answer).isEqualTo(i);
            }
            client.shutdownOutput();
            int end = offLoop(() -> client.getInputStream().read());
            assertThat(end).isEqualTo(-1);
          }
          assertThat(seen).hasSize(5).allMatch(each -> each.refCnt() == 0);
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readable_aTurnThatThrows_isReleased(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          List<ByteBuf> seen = new ArrayList<>();
          Server server =
              start(channel -> {
                for (ByteBuf message : channel.readable()) {
                  seen.add(message);
                  throw new IllegalArgumentException("a fault of the program");
                }
              });
          try (Socket client = connect(server)) {
            client.getOutputStream().write(1);
            until(() -> !reports.isEmpty());
          }
          assertThat(seen).singleElement().matches(each -> each.refCnt() == 0);
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readable_leftForReceive_releasesItsLastAndOnlyThat(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(channel -> {
                ByteBuf first = null;
                for (ByteBuf message : channel.readable()) {
                  first = message;
                  break;
                }
                channel.write(channel.nettyChannel().alloc().buffer().writeByte('n'));
                ByteBuf second = channel.receive();
                assertThat(first).isNotNull().matches(each -> each.refCnt() == 1);
                channel.send(second);
              });
          try (Socket client = connect(server)) {
            client.getOutputStream().write('a');
            int next = offLoop(() -> client.getInputStream().read());
            assertThat(next).isEqualTo('n');
            client.getOutputStream().write('b');
            byte[] rest = offLoop(() -> client.getInputStream().readAllBytes());
            assertThat(rest).containsExactly('b');
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readable_detachedAndCancelledDuringATurn_isReleased(Transport transport) {
    List<ByteBuf> seen = new ArrayList<>();
    run(
        transport,
        () -> {
          var begun = new Event();
          Server server =
              start(channel -> {
                for (ByteBuf message : channel.readable()) {
                  seen.add(message);
                  channel.detach();
                  begun.set();
                  Pipelines.forever();
                }
              });
          Socket client = connect(server);
          client.getOutputStream().write(1);
          begun.await();
          client.close();
        });
    assertThat(seen).singleElement().matches(each -> each.refCnt() == 0);
  }
}
