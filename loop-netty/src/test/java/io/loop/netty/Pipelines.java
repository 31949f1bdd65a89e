package io.loop.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.channel.ChannelBody;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Plain Netty servers and clients on the running loop's event loop, as a user would write them.
public final class Pipelines {

  private Pipelines() {}

  /// Listens on a free port of the loopback address.
  public static Channel serve(Transport transport, Consumer<ChannelPipeline> pipeline) {
    return serve(transport, Map.of(), pipeline);
  }

  public static Channel serve(
      Transport transport,
      Map<ChannelOption<Boolean>, Boolean> options,
      Consumer<ChannelPipeline> pipeline) {
    Loop loop = Loop.running();
    var bootstrap =
        new ServerBootstrap()
            .group(NettyLoop.eventLoop(loop))
            .channel(transport.serverType())
            .childOption(ChannelOption.SO_SNDBUF, OnNetty.SMALL_BUFFER)
            .childOption(ChannelOption.SO_RCVBUF, OnNetty.SMALL_BUFFER)
            .childHandler(initializer(pipeline));
    options.forEach(bootstrap::childOption);
    return ChannelFutures.open(
            loop, () -> bootstrap.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
        .channel();
  }

  public static ChannelInitializer<Channel> initializer(Consumer<ChannelPipeline> pipeline) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        pipeline.accept(channel.pipeline());
      }
    };
  }

  /// Connects a channel of the running loop.
  public static Channel connect(
      Transport transport, Channel server, Consumer<ChannelPipeline> pipeline) {
    Loop loop = Loop.running();
    var bootstrap =
        new Bootstrap()
            .group(NettyLoop.eventLoop(loop))
            .channel(transport.socketType())
            .handler(initializer(pipeline));
    var connected = ChannelFutures.open(loop, () -> bootstrap.connect(server.localAddress()));
    NettyFutures.await(connected);
    return connected.channel();
  }

  /// Connects a socket that knows nothing of Netty.
  public static Socket socket(Channel server) {
    return OnNetty.connect(server.localAddress());
  }

  /// {@return a handler that tells when a message has come by} For one channel.
  public static ChannelHandler noting(LoopFuture<@Nullable Void> arrival) {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object message) {
        context.fireChannelRead(message);
        if (!arrival.isDone()) {
          arrival.setResult(null);
        }
      }
    };
  }

  /// {@return what the running loop's exception handler is told from now on}
  public static List<ExceptionContext> reports() {
    List<ExceptionContext> reports = new ArrayList<>();
    Loop.running().setExceptionHandler((_, report) -> reports.add(report));
    return reports;
  }

  /// Adds codecs for lines of up to 64 characters.
  public static void lines(ChannelPipeline pipeline) {
    pipeline.addLast(
        new LineBasedFrameDecoder(64), new StringDecoder(US_ASCII), new StringEncoder(US_ASCII));
  }

  public static Consumer<ChannelPipeline> lines(ChannelBody<String> body) {
    return lines(body, HandlerOptions.DEFAULT);
  }

  public static Consumer<ChannelPipeline> lines(ChannelBody<String> body, HandlerOptions options) {
    return pipeline -> {
      lines(pipeline);
      pipeline.addLast(CoroutineHandler.of(String.class, body, options));
    };
  }

  public static CoroutineHandler<ByteBuf> bytes(ChannelBody<ByteBuf> body) {
    return CoroutineHandler.of(ByteBuf.class, body);
  }

  public static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /// Waits until a channel reads no more.
  public static void untilPaused(CoroutineChannel<?> channel) {
    OnNetty.until(() -> !channel.nettyChannel().config().isAutoRead());
  }

  public static void forever() {
    Asyncio.sleep(Duration.ofHours(1));
  }

  /// Closes a socket so that its peer gets a reset.
  public static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  public interface Failing {
    void run() throws Exception;
  }

  public static Throwable thrownBy(Failing action) {
    try {
      action.run();
    } catch (Exception | CancelledError fault) {
      return fault;
    }
    return new AssertionError("nothing was thrown");
  }
}
