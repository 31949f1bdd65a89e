package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.util.LeakPresenceDetector;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The same handler class on event loops, executors and channels that we did not make.
class AttachedHandlerTest {

  private static final int PATIENCE_SECONDS = 30;

  @AfterAll
  static void noBufferIsLeft() {
    LeakPresenceDetector.check();
  }

  static List<Transport> transports() {
    return Transport.available();
  }

  private static void end(EventExecutorGroup group) throws Exception {
    assertThat(group.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(PATIENCE_SECONDS * 1000L))
        .isTrue();
  }

  private static ChannelInitializer<Channel> initializer(Consumer<ChannelPipeline> pipeline) {
    return Pipelines.initializer(pipeline);
  }

  private static Channel listen(
      Transport transport, EventExecutorGroup group, Consumer<ChannelPipeline> pipeline)
      throws Exception {
    return new ServerBootstrap()
        .group((MultiThreadIoEventLoopGroup) group)
        .channel(transport.serverType())
        .childHandler(initializer(pipeline))
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .sync()
        .channel();
  }

  private static String ask(Channel server, String text) throws Exception {
    var address = (InetSocketAddress) server.localAddress();
    try (var socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(PATIENCE_SECONDS * 1000);
      socket.getOutputStream().write(text.getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(text.length()), US_ASCII);
    }
  }

  private static void echo(CoroutineChannel<String> channel) throws Exception {
    for (String line : channel) {
      Asyncio.sleep(Duration.ofMillis(1));
      channel.send(line + "\n");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void usersOwnGroup_onEveryTransport_hostsCoroutines(Transport transport) throws Exception {
    Set<Loop> loops = ConcurrentHashMap.newKeySet();
    var wrongLoop = new AtomicInteger();
    var group = new MultiThreadIoEventLoopGroup(2, OnNetty.handlers(transport));
    Channel server =
        listen(
            transport,
            group,
            Pipelines.lines(channel -> {
              Loop loop = NettyLoop.of(channel.nettyChannel().eventLoop());
              loops.add(loop);
              for (String line : channel) {
                channel.send(line + "\n");
                wrongLoop.addAndGet(Loop.running() == loop ? 0 : 1);
              }
            }));

    for (int i = 0; i < 4; i++) {
      assertThat(ask(server, "one\ntwo\n")).isEqualTo("one\ntwo\n");
    }

    assertThat(loops).hasSize(2);
    assertThat(wrongLoop).hasValue(0);
    end(group);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void endOfTheUsersGroup_withBodiesSuspended_unwindsThemAndReleases(Transport transport)
      throws Exception {
    var unwound = new CompletableFuture<String>();
    var group = new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(transport));
    Channel server =
        listen(
            transport,
            group,
            pipeline ->
                pipeline.addLast(
                    CoroutineHandler.of(
                        ByteBuf.class,
                        channel -> {
                          channel.write(Unpooled.copiedBuffer("x\n", US_ASCII));
                          try {
                            Pipelines.forever();
                          } finally {
                            channel.write(Unpooled.copiedBuffer("late", US_ASCII));
                            unwound.complete("unwound");
                          }
                        })));
    var address = (InetSocketAddress) server.localAddress();
    try (var socket = new Socket(address.getAddress(), address.getPort())) {
      socket.getOutputStream().write("y\n".getBytes(US_ASCII));
      socket.getInputStream().readNBytes(2);

      end(group);
    }

    assertThat(unwound.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("unwound");
    LeakPresenceDetector.check();
  }

  /// Hazard 32: the handler has an executor of its own, which is not the channel's.
  @ParameterizedTest
  @MethodSource("transports")
  @SuppressWarnings("deprecation") // an executor per handler goes, with Netty 5
  void hazard32_handlerWithAnExecutorOfItsOwn_runsThere(Transport transport) throws Exception {
    var executors = new DefaultEventExecutorGroup(1);
    var starts = new AtomicInteger();
    var emptied = new CountDownLatch(1);
    Set<Loop> loops = ConcurrentHashMap.newKeySet();
    var group = new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(transport));
    Channel server =
        listen(
            transport,
            group,
            pipeline -> {
              pipeline.addLast(
                  new ChannelHandlerAdapter() {
                    @Override
                    public void handlerRemoved(ChannelHandlerContext context) {
                      emptied.countDown(); // the last thing a pipeline does
                    }
                  });
              Pipelines.lines(pipeline);
              pipeline.addLast(
                  executors,
                  CoroutineHandler.of(
                      String.class,
                      channel -> {
                        starts.incrementAndGet();
                        loops.add(Loop.running());
                        echo(channel);
                      }));
            });

    String answer = ask(server, "one\ntwo\n".repeat(20));

    assertThat(answer).isEqualTo("one\ntwo\n".repeat(20));
    assertThat(starts).hasValue(1);
    assertThat(loops).containsExactly(NettyLoop.of(executors.next()));
    assertThat(emptied.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    end(group);
    end(executors);
  }

  /// Hazard 31: a local channel delivers inside `read()`, and so while reading is switched on
  /// again.
  @Test
  void hazard31_localChannelWithLowMarks_keepsTheOrder() throws Exception {
    int messages = 10_000;
    var marks = HandlerOptions.DEFAULT.withWaterMarks(4, 1);
    var group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    var address = new LocalAddress(AttachedHandlerTest.class);
    new ServerBootstrap()
        .group(group)
        .channel(LocalServerChannel.class)
        .childHandler(
            initializer(pipeline ->
                pipeline.addLast(
                    CoroutineHandler.of(
                        Integer.class,
                        channel -> {
                          for (Integer number : channel) {
                            channel.write(number);
                            channel.drain();
                          }
                        },
                        marks))))
        .bind(address)
        .sync();
    var outcome = new CompletableFuture<@Nullable Integer>();
    new Bootstrap()
        .group(group)
        .channel(LocalChannel.class)
        .handler(
            initializer(pipeline ->
                pipeline.addLast(
                    CoroutineHandler.of(
                        Integer.class, channel -> count(channel, messages, outcome), marks))))
        .connect(address)
        .sync();

    assertThat(outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(messages);
    end(group);
  }

  private static void count(
      CoroutineChannel<Integer> channel, int messages, CompletableFuture<@Nullable Integer> outcome)
      throws Exception {
    var writer =
        Asyncio.createTask(() -> {
          for (int i = 0; i < messages; i++) {
            channel.write(i);
            channel.drain();
          }
        });
    int expected = 0;
    while (expected < messages) {
      Integer number = channel.receive();
      if (number == null || number != expected) {
        break;
      }
      expected++;
    }
    outcome.complete(expected);
    writer.await();
  }

  @Test
  void embeddedChannel_lineInLineOut_withoutAnyThread() {
    var channel =
        new EmbeddedChannel(
            new LineBasedFrameDecoder(64),
            new StringDecoder(US_ASCII),
            CoroutineHandler.of(
                String.class,
                lines -> {
                  for (String line : lines) {
                    lines.send(Unpooled.copiedBuffer(line + "\n", US_ASCII));
                  }
                }));

    channel.writeInbound(Unpooled.copiedBuffer("one\ntwo\n", US_ASCII));
    channel.runPendingTasks();
    List<String> answers = new ArrayList<>();
    for (ByteBuf answer; (answer = channel.readOutbound()) != null; answer.release()) {
      answers.add(answer.toString(US_ASCII));
    }

    assertThat(answers).containsExactly("one\n", "two\n");
    channel.finishAndReleaseAll();
  }

  @Test
  void embeddedChannel_bodyFails_isShownByCheckException() {
    var fault = new IllegalStateException("the body is wrong");
    var channel =
        new EmbeddedChannel(
            CoroutineHandler.of(
                String.class,
                body -> {
                  body.receive();
                  throw fault;
                }));
    List<ExceptionContext> reports = new ArrayList<>();
    NettyLoop.of(channel.eventLoop()).setExceptionHandler((_, report) -> reports.add(report));
    channel.runPendingTasks();
    channel.checkException();

    assertThatThrownBy(
            () -> {
              channel.writeInbound("x");
              for (int turn = 0; turn < 5; turn++) { // a slow one uses up its budget
                channel.runPendingTasks();
              }
              channel.checkException();
            })
        .isSameAs(fault);

    assertThat(reports).extracting(ExceptionContext::exception).containsExactly(fault);
    assertThat(channel.isOpen()).isFalse();
    channel.finishAndReleaseAll();
  }

  /// Hazard 25, by count of messages.
  @Test
  void embeddedChannel_bodyThatReceivesOne_theOthersAreReleased() {
    List<ByteBuf> messages = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      messages.add(Unpooled.buffer(1).writeByte(i));
    }
    var channel =
        new EmbeddedChannel(CoroutineHandler.of(ByteBuf.class, body -> body.receive(_ -> {})));

    channel.writeInbound(messages.toArray());
    channel.runPendingTasks();

    assertThat(messages).allSatisfy(message -> assertThat(message.refCnt()).isZero());
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void plainNioGroup_ofOneLoop_isFoundAgain() throws Exception {
    var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    assertThat(NettyLoop.of(group.next())).isSameAs(NettyLoop.of(group.next()));
    end(group);
  }
}
