package io.loop.netty.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.context.ContextVar;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.RawNetty;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.DefaultEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams on event loops that a Netty program has made.
final class AttachedStreamsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";

  @TempDir Path directory;

  private static Server echo() throws IOException {
    return Streams.startServer(
        (reader, writer) -> {
          for (byte[] line : reader) {
            writer.write(line);
            writer.drain();
          }
        },
        LOCAL,
        0);
  }

  private static String ask(StreamConnection connection, String line) throws IOException {
    connection.writer().write((line + "\n").getBytes(US_ASCII));
    return new String(connection.reader().readLine(), US_ASCII).strip();
  }

  private static void close(Server server, StreamConnection connection) throws IOException {
    connection.writer().close();
    connection.writer().waitClosed();
    server.close();
    server.waitClosed();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_onOneAttachedLoop_comesBack(Transport transport) {
    try (var netty = new RawNetty(transport)) {
      netty.run(() -> {
        Server server = echo();
        var connection = Streams.openConnection(LOCAL, server.localAddress().getPort());

        assertThat(ask(connection, "hello")).isEqualTo("hello");

        assertThat(server.getLoop()).isSameAs(netty.loop());
        assertThat(((Channel) connection.writer().getExtraInfo("channel")).eventLoop())
            .isSameAs(netty.eventLoop());
        close(server, connection);
      });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_overAUnixSocketAndTls_comesBack(Transport transport) {
    try (var netty = new RawNetty(transport)) {
      netty.run(() -> {
        Path path = directory.resolve("socket");
        Server server =
            Streams.startUnixServer(
                (reader, writer) -> writer.write(reader.readLine()), path, ServerOptions.DEFAULT);
        StreamConnection connection = Streams.openUnixConnection(path, ConnectionOptions.DEFAULT);
        assertThat(ask(connection, "hello")).isEqualTo("hello");
        close(server, connection);

        Server secure =
            Streams.startServer(
                (reader, writer) -> writer.write(reader.readLine()), LOCAL, 0, TlsTest.SERVER);
        StreamConnection secured = TlsTest.open(secure, TlsTest.CLIENT);
        assertThat(ask(secured, "hello")).isEqualTo("hello");
        close(secure, secured);
      });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openConnection_inTheBodyOfAHandler_usesTheHandlersEventLoop(Transport transport) {
    try (var netty = new RawNetty(transport)) {
      netty.run(() -> {
        Server backend = echo();
        int port = backend.localAddress().getPort();
        Channel front =
            serve(
                netty,
                transport,
                channel ->
                    channel
                        .pipeline()
                        .addLast(
                            CoroutineHandler.of(served -> {
                              StreamConnection behind = Streams.openConnection(LOCAL, port);
                              String answer = ask(behind, "ping");
                              behind.writer().close();
                              served.send(
                                  served
                                      .nettyChannel()
                                      .alloc()
                                      .buffer()
                                      .writeBytes(answer.getBytes(US_ASCII)));
                            })));
        var client =
            Streams.openConnection(LOCAL, ((InetSocketAddress) front.localAddress()).getPort());

        assertThat(new String(client.reader().read(), US_ASCII)).isEqualTo("ping");

        var _ = front.close();
        close(backend, client);
      });
    }
  }

  private static Channel serve(RawNetty netty, Transport transport, Consumer<Channel> initializer) {
    var bootstrap =
        new ServerBootstrap()
            .group(netty.eventLoop())
            .channel(transport.serverType())
            .childHandler(
                Pipelines.initializer(pipeline -> initializer.accept(pipeline.channel())));
    return ChannelFutures.open(
            Loop.running(),
            () -> bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
        .channel();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void createTask_inAHandlerBetweenTurns_runsOnTheAttachedLoop(Transport transport)
      throws Exception {
    var variable = ContextVar.of("variable", "unset");
    var ran = new CompletableFuture<String>();
    try (var netty = new RawNetty(transport)) {
      netty.run(() -> {
        variable.set("a task's");
        Channel server =
            serve(
                netty,
                transport,
                channel ->
                    channel
                        .pipeline()
                        .addLast(
                            new ChannelInboundHandlerAdapter() {
                              @Override
                              public void channelActive(ChannelHandlerContext context) {
                                Asyncio.createTask(() -> {
                                  ran.complete(variable.get());
                                  assertThat(Loop.running()).isSameAs(netty.loop());
                                });
                                var _ = context.close();
                              }
                            }));
        var client =
            Streams.openConnection(LOCAL, ((InetSocketAddress) server.localAddress()).getPort());
        assertThat(client.reader().read()).isEmpty();
        var _ = server.close();
        client.writer().close();
      });
      assertThat(ran.get(30, TimeUnit.SECONDS)).isEqualTo("unset");
    }
  }

  @Test
  void running_onTheThreadOfAnExecutor_isTheAttachedLoopUntilItIsClosed() throws Exception {
    var executor = new DefaultEventExecutor();
    try {
      assertThat(executor.submit(Loop::runningOrNull).get(30, TimeUnit.SECONDS)).isNull();
      Loop loop = NettyLoop.of(executor);

      assertThat(executor.submit(Loop::running).get(30, TimeUnit.SECONDS)).isSameAs(loop);
      assertThat(executor.submit(() -> Task.current()).get(30, TimeUnit.SECONDS)).isNull();
      executor
          .submit(
              () -> assertThatThrownBy(() -> Asyncio.run(() -> 1)).hasMessageContaining("running"))
          .get(30, TimeUnit.SECONDS);

      executor.submit(loop::close).get(30, TimeUnit.SECONDS);
      assertThat(executor.submit(Loop::runningOrNull).get(30, TimeUnit.SECONDS)).isNull();
    } finally {
      executor.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  @Test
  void openConnection_onAnExecutorWithoutSockets_saysSo() throws Exception {
    var executor = new DefaultEventExecutor();
    try {
      var opening =
          Asyncio.runCoroutineThreadsafe(
              () -> {
                assertThatThrownBy(() -> Streams.openConnection(LOCAL, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has no sockets");
                return true;
              },
              NettyLoop.of(executor));
      assertThat(opening.get(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      executor.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }
}
