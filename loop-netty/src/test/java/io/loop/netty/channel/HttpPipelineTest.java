package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Netty's HTTP codecs before a coroutine, on a plain bootstrap.
class HttpPipelineTest extends OnNetty {

  private static Channel serve(Transport transport, CoroutineHandler<?> handler) {
    return Pipelines.serve(transport, pipeline -> http(pipeline, handler));
  }

  private static void http(ChannelPipeline pipeline, CoroutineHandler<?> handler) {
    pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), handler);
  }

  private static FullHttpResponse answer(FullHttpRequest request, ByteBuf content) {
    var response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, content);
    HttpUtil.setContentLength(response, content.readableBytes());
    HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
    return response;
  }

  private static String uri(Channel server, String scheme) {
    return scheme + "://127.0.0.1:" + ((InetSocketAddress) server.localAddress()).getPort();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void requests_ofTheJdksClient_areAnsweredOnOneConnection(Transport transport) {
    run(
        transport,
        () -> {
          List<String> paths = new ArrayList<>();
          int[] connections = new int[1];
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    connections[0]++;
                    http(
                        pipeline,
                        CoroutineHandler.perMessage(
                            FullHttpRequest.class,
                            (_, request) -> {
                              paths.add(request.uri());
                              Asyncio.sleep(Duration.ofMillis(1));
                              return answer(request, request.content().retainedSlice());
                            }));
                  });
          String base = uri(server, "http");

          List<String> bodies =
              offLoop(() -> {
                try (var client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                  List<String> got = new ArrayList<>();
                  for (int i = 0; i < 3; i++) {
                    var request =
                        HttpRequest.newBuilder(URI.create(base + "/" + i))
                            .POST(HttpRequest.BodyPublishers.ofString("body " + i))
                            .build();
                    got.add(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
                  }
                  return got;
                }
              });

          assertThat(bodies).containsExactly("body 0", "body 1", "body 2");
          assertThat(paths).containsExactly("/0", "/1", "/2");
          assertThat(connections[0]).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void pipelinedRequests_answeredAtOnce_keepTheirOrder(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              serve(
                  transport,
                  CoroutineHandler.perMessage(
                      FullHttpRequest.class,
                      (_, request) -> {
                        int number = Integer.parseInt(request.uri().substring(1));
                        Asyncio.sleep(Duration.ofMillis(20 - number));
                        return answer(
                            request, Unpooled.copiedBuffer("<" + request.uri() + ">", US_ASCII));
                      },
                      16,
                      HandlerOptions.DEFAULT));
          Socket socket = Pipelines.socket(server);
          var requests = new StringBuilder();
          for (int i = 0; i < 10; i++) {
            requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: x\r\n");
            requests.append(i == 9 ? "Connection: close\r\n\r\n" : "\r\n");
          }

          String answers =
              offLoop(() -> {
                socket.getOutputStream().write(requests.toString().getBytes(US_ASCII));
                var got = new StringBuilder();
                while (got.indexOf("</9>") < 0) {
                  got.append((char) socket.getInputStream().read());
                }
                return got.toString();
              });

          assertThat(answers.replaceAll("(?s)[^<]*<(/\\d)>", "$1"))
              .isEqualTo("/0/1/2/3/4/5/6/7/8/9");
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void response_streamedPieceByPiece_arrivesWhole(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              serve(
                  transport,
                  CoroutineHandler.of(
                      FullHttpRequest.class,
                      channel -> {
                        channel.receive(request -> stream(channel));
                      }));
          String base = uri(server, "http");

          int length =
              offLoop(() -> {
                try (var client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                  var request = HttpRequest.newBuilder(URI.create(base)).build();
                  return client
                      .send(request, HttpResponse.BodyHandlers.ofByteArray())
                      .body()
                      .length;
                }
              });

          assertThat(length).isEqualTo(1_000_000);
        });
  }

  private static void stream(CoroutineChannel<?> channel) throws IOException {
    var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    channel.write(response);
    for (int i = 0; i < 100; i++) {
      channel.write(new DefaultHttpContent(Unpooled.buffer().writeZero(10_000)));
      channel.drain();
    }
    channel.send(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void nettysClient_asACoroutineToo_getsItsAnswer(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              serve(
                  transport,
                  CoroutineHandler.perMessage(
                      FullHttpRequest.class,
                      (_, request) -> answer(request, request.content().retainedSlice())));
          var got = new LoopFuture<String>();
          Pipelines.connect(
              transport,
              server,
              pipeline ->
                  pipeline.addLast(
                      new HttpClientCodec(),
                      new HttpObjectAggregator(1 << 20),
                      CoroutineHandler.of(
                          FullHttpResponse.class,
                          channel -> {
                            var request =
                                new DefaultFullHttpRequest(
                                    HttpVersion.HTTP_1_1,
                                    HttpMethod.POST,
                                    "/",
                                    Unpooled.copiedBuffer("hello", US_ASCII));
                            HttpUtil.setContentLength(request, 5);
                            channel.send(request);
                            channel.receive(
                                response -> got.setResult(response.content().toString(US_ASCII)));
                          })));

          assertThat(got.await()).isEqualTo("hello");
        });
  }

  /// Upgrade: after the handshake of Netty's handler the coroutine sees frames.
  @ParameterizedTest
  @MethodSource("transports")
  void webSocket_afterNettysHandshake_echoesFrames(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> {
                    pipeline.addLast(
                        new HttpServerCodec(),
                        new HttpObjectAggregator(65_536),
                        new WebSocketServerProtocolHandler("/"),
                        CoroutineHandler.of(
                            WebSocketFrame.class,
                            channel -> {
                              var handshake =
                                  channel
                                      .events()
                                      .receive(
                                          WebSocketServerProtocolHandler.HandshakeComplete.class);
                              assertThat(handshake).isNotNull();
                              for (WebSocketFrame frame : channel) {
                                channel.send(frame);
                              }
                            }));
                  });
          var got = new LoopFuture<List<String>>();
          Pipelines.connect(
              transport,
              server,
              pipeline ->
                  pipeline.addLast(
                      new HttpClientCodec(),
                      new HttpObjectAggregator(65_536),
                      new WebSocketClientProtocolHandler(
                          WebSocketClientProtocolConfig.newBuilder()
                              .webSocketUri(uri(server, "ws") + "/")
                              .build()),
                      CoroutineHandler.of(
                          TextWebSocketFrame.class,
                          channel -> {
                            while (channel.events().receive()
                                != WebSocketClientProtocolHandler.ClientHandshakeStateEvent
                                    .HANDSHAKE_COMPLETE) {
                              assertThat(channel.isClosing()).isFalse();
                            }
                            List<String> texts = new ArrayList<>();
                            for (int i = 0; i < 3; i++) {
                              channel.send(new TextWebSocketFrame("text " + i));
                              channel.receive(frame -> texts.add(frame.text()));
                            }
                            got.setResult(texts);
                          })));

          assertThat(got.await()).containsExactly("text 0", "text 1", "text 2");
        });
  }
}
