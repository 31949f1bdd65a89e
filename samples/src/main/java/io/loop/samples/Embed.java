package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// A plain Netty server with its own codecs and bootstrap, and a coroutine at the end of each
/// pipeline.
///
/// Any event loop group works; with this one, handlers and coroutines can share locks. The only
/// other change is the handler that [#pipeline] adds last.
@Command(
    name = "embed",
    description = {
      "HTTP on a plain Netty server: GET answers after the milliseconds in ?delay=, POST echoes the"
          + " body.",
      "Exits at SIGINT or SIGTERM with code 130 or 143, like programs that do not use Asyncio.run."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Embed implements Callable<Integer> {

  private static final int LARGEST_BODY = 1 << 20;

  @Mixin private ListenOptions listen = new ListenOptions();

  @Override
  public Integer call() throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    EventLoopGroup group = new LoopGroup(threads, Transport.NIO).eventLoops();
    try {
      Channel server = bind(group);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(group)));
      listen.announce((InetSocketAddress) server.localAddress());
      server.closeFuture().sync();
    } finally {
      end(group);
    }
    return 0;
  }

  private Channel bind(EventLoopGroup group) throws IOException, InterruptedException {
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    pipeline(channel);
                  }
                })
            .bind(listen.host(), listen.port())
            .await();
    if (!bound.isSuccess()) {
      throw new BindException(
          "could not listen on "
              + ListenOptions.text(InetSocketAddress.createUnresolved(listen.host(), listen.port()))
              + ": "
              + bound.cause().getMessage());
    }
    return bound.channel();
  }

  private static void end(EventLoopGroup group) {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static void pipeline(SocketChannel channel) {
    channel
        .pipeline()
        .addLast(
            new HttpServerCodec(),
            new HttpObjectAggregator(LARGEST_BODY),
            CoroutineHandler.of(FullHttpRequest.class, Embed::serve));
  }

  private static void serve(CoroutineChannel<FullHttpRequest> channel) throws Exception {
    for (FullHttpRequest request : channel.readable()) {
      channel.send(answer(request));
      if (!HttpUtil.isKeepAlive(request)) {
        return;
      }
    }
  }

  private static FullHttpResponse answer(FullHttpRequest request) {
    FullHttpResponse response =
        switch (request.method().name()) {
          case "GET" -> greet(request.uri());
          case "POST" ->
              new DefaultFullHttpResponse(
                  HTTP_1_1, HttpResponseStatus.OK, request.content().retainedDuplicate());
          default -> text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET or POST\n");
        };
    response.headers().set(CONTENT_LENGTH, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
    return response;
  }

  /// Sleeping suspends this coroutine; its event loop serves others in the meantime.
  private static FullHttpResponse greet(String uri) {
    String delay =
        new QueryStringDecoder(uri).parameters().getOrDefault("delay", List.of("0")).getFirst();
    if (!delay.matches("\\d{1,5}")) {
      return text(
          HttpResponseStatus.BAD_REQUEST, "delay must be a number of milliseconds up to 99999\n");
    }
    Asyncio.sleep(Duration.ofMillis(Integer.parseInt(delay)));
    return text(HttpResponseStatus.OK, "hello\n");
  }

  private static FullHttpResponse text(HttpResponseStatus status, String text) {
    return new DefaultFullHttpResponse(HTTP_1_1, status, Unpooled.copiedBuffer(text, UTF_8));
  }
}
