package io.loop.netty.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a codec delivers when TLS ends: the end of an HTTP body without a length.
class TlsCodecEndTest extends ChannelClientTests {

  private static final ServerOptions SECURE =
      ServerOptions.DEFAULT.withTls(Certificates.serverContext());

  @ParameterizedTest
  @MethodSource("transports")
  void peerThatEndsTls_endsABodyWithoutLength(Transport transport) {
    run(
        transport,
        () -> {
          Server server = answering(_ -> {});
          try (CoroutineChannel<HttpObject> channel = connectHttp(server)) {
            Future<Channel> ended = endOfTls(channel);

            assertThat(get(channel)).isEqualTo("hello, last");
            assertThat(channel.receive()).isNull();
            assertThat(ended.isSuccess()).isTrue();
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peerThatClosesWithoutEndingTls_endsABodyWithoutLength_andTheEndOfTlsFails(
      Transport transport) {
    run(
        transport,
        () -> {
          Server server = answering(pipeline -> pipeline.remove(SslHandler.class));
          try (CoroutineChannel<HttpObject> channel = connectHttp(server)) {
            Future<Channel> ended = endOfTls(channel);

            assertThat(get(channel)).isEqualTo("hello, last");
            assertThat(channel.receive()).isNull();
            assertThat(ended.cause()).isNotNull();
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peerThatEndsTls_isSeenByEachOfTwoHandlers(Transport transport) {
    run(
        transport,
        () -> {
          List<String> seen = new ArrayList<>();
          var both = new LoopFuture<Boolean>();
          Consumer<String> ended =
              name -> {
                seen.add(name);
                if (seen.size() == 2) {
                  both.setResult(true);
                }
              };
          Server server =
              start(
                  pipeline ->
                      pipeline.addLast(
                          CoroutineHandler.of(
                              Integer.class,
                              channel -> {
                                assertThat(channel.receive()).isNull();
                                ended.accept("first");
                                both.await(); // closes nothing before
                              }),
                          CoroutineHandler.of(
                              String.class,
                              channel -> {
                                assertThat(channel.receive()).isNull();
                                ended.accept("second");
                                both.await();
                              })),
                  SECURE);
          connect(server.localAddress().getPort(), TLS).close();

          assertThat(both.await()).isTrue();
          untilNoneIsLeft();
          end(server);
        });
  }

  /// {@return a server that answers without a length, and closes after a last step}
  private static Server answering(Consumer<ChannelPipeline> last) throws IOException {
    return start(
        pipeline ->
            pipeline.addLast(
                Pipelines.bytes(channel -> {
                  ReferenceCountUtil.release(channel.receive());
                  channel.send(Unpooled.copiedBuffer("HTTP/1.1 200 OK\r\n\r\nhello", US_ASCII));
                  last.accept(channel.nettyChannel().pipeline());
                })),
        SECURE);
  }

  private CoroutineChannel<HttpObject> connectHttp(Server server) throws IOException {
    return ChannelClient.connect(
        HttpObject.class, this::http, LOCAL, server.localAddress().getPort(), TLS);
  }

  private void http(ChannelPipeline pipeline) {
    opened.add(pipeline.channel());
    pipeline.addLast(new HttpClientCodec());
  }

  private static Future<Channel> endOfTls(CoroutineChannel<?> channel) {
    return channel.nettyChannel().pipeline().get(SslHandler.class).sslCloseFuture();
  }

  /// {@return the body of an answer, and whether its last part has arrived}
  private static String get(CoroutineChannel<HttpObject> channel) throws IOException {
    channel.send(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
    var text = new StringBuilder();
    for (HttpObject part; (part = channel.receive()) != null; ) {
      if (part instanceof HttpContent content) {
        text.append(content.content().toString(US_ASCII));
      }
      ReferenceCountUtil.release(part);
      if (part instanceof LastHttpContent) {
        return text + ", last";
      }
    }
    return text + ", not last";
  }
}
