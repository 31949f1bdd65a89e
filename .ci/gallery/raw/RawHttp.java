import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_0;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The answer of the sample `http` to `/`, by a handler of plain Netty on one event loop. For a comparison only.
///
/// With the argument `limits` it does what the sample does for every request: it checks the request, looks at the path,
/// and closes connections that are idle or slow. Without it, it only answers.
final class RawHttp {

  private static final ByteBuf GREETING =
      Unpooled.unreleasableBuffer(
          Unpooled.copiedBuffer(
              "Hello. POST to /count, GET /numbers?to=10, or start with --root\n", StandardCharsets.US_ASCII));
  private static final int MOST_BYTES = 67_108_864;
  private static final int IDLE_SECONDS = 60;
  private static final long REQUEST_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static class Answering extends SimpleChannelInboundHandler<HttpObject> {
    private boolean keepAlive;
    private long dateSecond;
    private String date = "";

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
      if (part instanceof HttpRequest request) {
        keepAlive = HttpUtil.isKeepAlive(request);
      }
      if (part instanceof LastHttpContent) {
        answer(context);
      }
    }

    private void answer(ChannelHandlerContext context) {
      long second = System.currentTimeMillis() / 1000;
      if (second != dateSecond) {
        dateSecond = second;
        date = DateFormatter.format(Date.from(Instant.ofEpochSecond(second)));
      }
      var response = new DefaultFullHttpResponse(HTTP_1_1, HttpResponseStatus.OK, GREETING.duplicate());
      response.headers().set(CONTENT_TYPE, "text/plain");
      response.headers().set(CONTENT_LENGTH, GREETING.readableBytes());
      response.headers().set(DATE, date);
      HttpUtil.setKeepAlive(response, keepAlive);
      var sent = context.write(response);
      if (!keepAlive) {
        sent.addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      context.close();
    }
  }

  /// Answers what it may answer, and has a deadline for the head of a request and then for its body.
  private static final class Guarding extends Answering {
    private long deadline;

    @Override
    public void channelActive(ChannelHandlerContext context) {
      moveDeadline(context);
      context.executor().schedule(() -> look(context), REQUEST_NANOS, TimeUnit.NANOSECONDS);
    }

    private void moveDeadline(ChannelHandlerContext context) {
      deadline = context.executor().ticker().nanoTime() + REQUEST_NANOS;
    }

    private void look(ChannelHandlerContext context) {
      long left = deadline - context.executor().ticker().nanoTime();
      if (left <= 0) {
        context.close();
      } else if (context.channel().isActive()) {
        context.executor().schedule(() -> look(context), left, TimeUnit.NANOSECONDS);
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
      moveDeadline(context);
      if (part.decoderResult().isFailure() || part instanceof HttpRequest request && !mayBeAnswered(request)) {
        context.close();
      } else {
        super.channelRead0(context, part);
      }
    }

    private static boolean mayBeAnswered(HttpRequest request) {
      return (request.protocolVersion().equals(HTTP_1_0) || request.headers().contains(HOST))
          && HttpUtil.getContentLength(request, 0L) <= MOST_BYTES
          && request.method().equals(HttpMethod.GET)
          && new QueryStringDecoder(request.uri()).path().equals("/");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof IdleStateEvent) {
        context.close();
      }
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    boolean limits = List.of(arguments).contains("limits");
    Channel server =
        new ServerBootstrap()
            .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
            .channel(EpollServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (limits) {
                      channel.pipeline().addLast(new IdleStateHandler(0, 0, IDLE_SECONDS));
                    }
                    channel.pipeline().addLast(new HttpServerCodec(), limits ? new Guarding() : new Answering());
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    System.out.println("listening on 127.0.0.1:" + ((InetSocketAddress) server.localAddress()).getPort());
    server.closeFuture().sync();
  }
}
