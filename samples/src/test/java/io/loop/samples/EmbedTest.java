package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class EmbedTest {

  private static Program server;
  private static URI address;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    server =
        Program.start(
            List.of(
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED"),
            "embed",
            "--port",
            "0");
    address = URI.create("http://127.0.0.1:" + server.readPort() + "/");
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.terminate();
    assertThat(server.exitCode()).isEqualTo(143);
    server.close();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void get_isGreeted() throws Exception {
    HttpResponse<String> response = send(HttpRequest.newBuilder(address));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("hello\n");
  }

  @Test
  void post_comesBack() throws Exception {
    String body = "x".repeat(500_000);

    HttpResponse<String> response =
        send(HttpRequest.newBuilder(address).POST(BodyPublishers.ofString(body)));

    assertThat(response.body()).isEqualTo(body);
  }

  @Test
  void put_isNotAllowed() throws Exception {
    assertThat(send(HttpRequest.newBuilder(address).PUT(BodyPublishers.noBody())).statusCode())
        .isEqualTo(405);
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "", "-1", "123456"})
  void get_withADelayThatIsNoNumber_isABadRequest(String delay) throws Exception {
    HttpResponse<String> response =
        send(HttpRequest.newBuilder(address.resolve("?delay=" + delay)));

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("delay must be a number of milliseconds up to 99999\n");
  }

  @Test
  void get_thatWaits_holdsUpNobody() {
    List<CompletableFuture<HttpResponse<String>>> waiting =
        IntStream.range(0, 50)
            .mapToObj(_ ->
                client.sendAsync(
                    HttpRequest.newBuilder(address.resolve("?delay=100")).build(),
                    BodyHandlers.ofString()))
            .toList();

    assertThat(waiting)
        .allSatisfy(response -> assertThat(response.join().statusCode()).isEqualTo(200));
  }

  /// A client of Netty's alone: its codec, a plain bootstrap, pipelined requests on one connection.
  @Test
  void pipelinedRequests_ofANettyClient_areAnsweredInOrder() throws Exception {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    var answers = new LinkedBlockingQueue<String>();
    try {
      Channel connection =
          new Bootstrap()
              .group(group)
              .channel(NioSocketChannel.class)
              .handler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              new HttpClientCodec(),
                              new HttpObjectAggregator(1 << 20),
                              new Collector(answers));
                    }
                  })
              .connect(address.getHost(), address.getPort())
              .sync()
              .channel();

      for (int i = 0; i < 100; i++) {
        var body = Unpooled.copiedBuffer("body " + i, StandardCharsets.UTF_8);
        var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/", body);
        request.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        var _ = connection.write(request);
      }
      connection.flush();

      for (int i = 0; i < 100; i++) {
        assertThat(answers.poll(30, TimeUnit.SECONDS)).isEqualTo("body " + i);
      }
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  private static final class Collector extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final BlockingQueue<String> answers;

    Collector(BlockingQueue<String> answers) {
      this.answers = answers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
      answers.add(response.content().toString(StandardCharsets.UTF_8));
    }
  }
}
