package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyFutures;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.RawNetty;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.channel.ChannelBody;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A peer ends its direction, and reads slowly: a large answer arrives whole.
///
/// Netty takes a socket for which nothing is asked out of epoll and cannot put it back (4.2.13 to
/// 4.2.18 at least), and then loses what the socket does not take at once.
final class HalfCloseTest extends OnNetty {

  private static final int REQUEST = 100;
  private static final int PIECE = 50_000;
  private static final int PIECES = 200;

  /// Where the event loops come from.
  enum Origin {
    OWNED,
    GROUP,
    NETTY
  }

  /// A kind of loop.
  record Kind(Origin origin, Transport transport) {

    void run(Coro.Action body) {
      switch (origin) {
        case OWNED -> OnNetty.run(transport, body);
        case GROUP -> {
          try (var group = new LoopGroup(1, transport)) {
            Asyncio.runCoroutineThreadsafe(
                    () -> {
                      body.run();
                      return true;
                    },
                    group.loops().getFirst())
                .join();
          }
        }
        case NETTY -> {
          try (var netty = new RawNetty(transport)) {
            netty.run(body);
          }
        }
      }
    }

    @Override
    public String toString() {
      return origin.name().toLowerCase(Locale.ROOT) + " " + transport;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(Origin.values())
        .flatMap(origin -> transports().map(transport -> new Kind(origin, transport)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void stream_peerThatHasEndedItsDirection_getsALargeAnswerWhole(Kind kind) {
    kind.run(() -> {
      var full = new CompletableFuture<Boolean>();
      Server server =
          Streams.startServer(
              (reader, writer) -> {
                Channel channel = (Channel) writer.getExtraInfo("channel");
                channel.config().setOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER);
                assertThat(reader.read()).hasSize(REQUEST);
                var _ = Asyncio.createTask(() -> tellWhenFull(channel, full));
                for (int i = 0; i < PIECES; i++) {
                  writer.write(new byte[PIECE]);
                  writer.drain();
                }
              },
              "127.0.0.1",
              0);

      assertThat(ask(server.localAddress(), full)).isEqualTo(PIECES * PIECE);

      server.close();
      server.waitClosed();
    });
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void channel_peerThatHasEndedItsDirection_getsALargeAnswerWhole(Kind kind) {
    kind.run(() -> {
      var full = new CompletableFuture<Boolean>();
      ChannelBody<ByteBuf> body =
          channel -> {
            while (channel.receive(ByteBuf::readableBytes)) {
              // to the end
            }
            var _ = Asyncio.createTask(() -> tellWhenFull(channel.nettyChannel(), full));
            for (int i = 0; i < PIECES; i++) {
              channel.write(Unpooled.wrappedBuffer(new byte[PIECE]));
              channel.drain();
            }
          };
      var bootstrap =
          new ServerBootstrap()
              .group(NettyLoop.eventLoop(Loop.running()))
              .channel(kind.transport().serverType())
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER)
              .childHandler(
                  Pipelines.initializer(pipeline -> pipeline.addLast(Pipelines.bytes(body))));
      Channel server =
          ChannelFutures.open(
                  Loop.running(),
                  () -> bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
              .channel();

      assertThat(ask(server.localAddress(), full)).isEqualTo(PIECES * PIECE);

      NettyFutures.await(server.close());
    });
  }

  private static void tellWhenFull(Channel channel, CompletableFuture<Boolean> full) {
    until(() -> !channel.isWritable());
    polls(3);
    full.complete(true);
  }

  /// {@return how many bytes come}
  private static int ask(SocketAddress server, CompletableFuture<Boolean> full) throws IOException {
    try (Socket socket = connect(server)) {
      return offLoop(() -> {
        socket.getOutputStream().write(new byte[REQUEST]);
        socket.shutdownOutput();
        full.join();
        return readSlowly(socket.getInputStream());
      });
    }
  }

  /// In small pieces: the server empties its buffers now and then, and asks for nothing again.
  private static int readSlowly(InputStream stream) throws IOException {
    byte[] block = new byte[4_096];
    int all = 0;
    for (int n; (n = stream.read(block)) >= 0; ) {
      all += n;
    }
    return all;
  }
}
