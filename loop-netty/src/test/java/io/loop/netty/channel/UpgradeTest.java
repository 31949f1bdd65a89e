package io.loop.netty.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.NettyFutures;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Protocols that turn into others on an open channel, and starts that wait for TLS.
class UpgradeTest extends OnNetty {

  private static SslContext serverTls;
  private static SSLSocketFactory clientTls;

  @BeforeAll
  static void makeCertificate() throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    serverTls = SslContextBuilder.forServer(bundle.toKeyManagerFactory()).build();
    var context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    clientTls = context.getSocketFactory();
  }

  private static SSLSocket overTls(Socket socket) throws Exception {
    var secured = (SSLSocket) clientTls.createSocket(socket, "localhost", socket.getPort(), true);
    secured.startHandshake();
    return secured;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void detach_fromLinesToBytes_leavesTheChannelAndTheQueuedMessages(Transport transport) {
    run(
        transport,
        () -> {
          var rest = new LoopFuture<String>();
          CoroutineHandler<ByteBuf> raw =
              CoroutineHandler.of(
                  ByteBuf.class,
                  channel -> {
                    var text = new StringBuilder();
                    while (text.indexOf("end") < 0
                        && channel.receive(data -> text.append(data.toString(US_ASCII)))) {
                      channel.send(Unpooled.copiedBuffer("more\n", US_ASCII));
                    }
                    rest.setResult(text.toString());
                  });
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          new LineBasedFrameDecoder(64),
                          CoroutineHandler.of(
                              ByteBuf.class,
                              channel -> {
                                channel.receive(line ->
                                    assertThat(line.toString(US_ASCII)).isEqualTo("upgrade"));
                                channel.write(Unpooled.copiedBuffer("ok\n", US_ASCII));
                                Tasks.onLoopThread(() -> {
                                  channel.nettyChannel().pipeline().addLast(raw);
                                  channel
                                      .nettyChannel()
                                      .pipeline()
                                      .remove(LineBasedFrameDecoder.class);
                                  return true;
                                });
                                channel.detach();
                              })));
          Socket socket = Pipelines.socket(server);

          String answer =
              offLoop(() -> {
                socket.getOutputStream().write("upgrade\nqueued\nleft".getBytes(US_ASCII));
                byte[] ok = socket.getInputStream().readNBytes(8);
                socket.getOutputStream().write(" end".getBytes(US_ASCII));
                return new String(ok, US_ASCII);
              });

          assertThat(answer).isEqualTo("ok\nmore\n");
          assertThat(rest.await()).isEqualTo("queuedleft end");
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void detach_thenUse_isRefusedAndTheEndOfTheBodyLeavesTheChannelOpen(Transport transport) {
    run(
        transport,
        () -> {
          var faults = new LoopFuture<List<Throwable>>();
          Channel[] open = new Channel[1];
          ByteBuf late = Unpooled.buffer(1).writeByte(1);
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          Pipelines.bytes(channel -> {
                            open[0] = channel.nettyChannel();
                            channel.detach();
                            faults.setResult(
                                List.of(
                                    Pipelines.thrownBy(channel::receive),
                                    Pipelines.thrownBy(() -> channel.send(late)),
                                    Pipelines.thrownBy(channel::drain),
                                    Pipelines.thrownBy(channel::detach)));
                          })));
          Socket socket = Pipelines.socket(server);

          assertThat(faults.await())
              .allSatisfy(fault -> assertThat(fault).isInstanceOf(IllegalStateException.class));
          assertThat(late.refCnt()).isZero();
          polls(5);
          assertThat(open[0].isActive()).isTrue();
          socket.close();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startTls_inTheMiddleOfAConversation_goesOnEncrypted(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  Pipelines.lines(channel -> {
                    assertThat(channel.receive()).isEqualTo("STARTTLS");
                    SslHandler tls =
                        Tasks.onLoopThread(() -> {
                          var engine = serverTls.newEngine(channel.nettyChannel().alloc());
                          var handler = new SslHandler(engine, true);
                          channel.nettyChannel().pipeline().addFirst(handler);
                          return handler;
                        });
                    channel.send("ready\n"); // the last one in the clear; the peer answers with TLS
                    NettyFutures.await(tls.handshakeFuture());
                    for (String line : channel) {
                      channel.send(
                          line + " over " + tls.engine().getSession().getProtocol() + "\n");
                    }
                  }));
          Socket socket = Pipelines.socket(server);

          String answer =
              offLoop(() -> {
                socket.getOutputStream().write("STARTTLS\n".getBytes(US_ASCII));
                socket.getInputStream().readNBytes(6);
                try (SSLSocket secured = overTls(socket)) {
                  secured.getOutputStream().write("hello\n".getBytes(US_ASCII));
                  return new String(secured.getInputStream().readNBytes(19), US_ASCII);
                }
              });

          assertThat(answer).startsWith("hello over TLSv1.");
        });
  }

  private static ChannelHandler[] overTls(ChannelBody<String> body) {
    return new ChannelHandler[] {
      serverTls.newHandler(ByteBufAllocator.DEFAULT),
      new LineBasedFrameDecoder(64),
      new StringDecoder(StandardCharsets.US_ASCII),
      new StringEncoder(StandardCharsets.US_ASCII),
      CoroutineHandler.of(String.class, body, HandlerOptions.DEFAULT.withStartAfterHandshake())
    };
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startAfterHandshake_successful_bodyFindsTheSessionReady(Transport transport) {
    byte[] data = Pipelines.randomBytes(100);
    run(
        transport,
        () -> {
          List<Boolean> shaken = new ArrayList<>();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          overTls(channel -> {
                            SslHandler tls =
                                channel.nettyChannel().pipeline().get(SslHandler.class);
                            shaken.add(tls.handshakeFuture().isSuccess());
                            for (int i = 0; i < 50_000; i++) { // hazard 28, over TLS
                              channel.write("x".repeat(data.length));
                              channel.drain();
                            }
                          })));
          Socket socket = Pipelines.socket(server);

          int length =
              offLoop(() -> {
                try (SSLSocket secured = overTls(socket)) {
                  return secured.getInputStream().readAllBytes().length;
                }
              });

          assertThat(length).isEqualTo(50_000 * data.length);
          assertThat(shaken).containsExactly(true);
        });
  }

  /// Hazard 38: any peer can do that, so a server reports it in debug mode only.
  @ParameterizedTest
  @MethodSource("transports")
  void startAfterHandshake_thatFails_isReportedOnceInDebugMode(Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          sendNoTls(transport);
          assertThat(reports).isEmpty();

          Loop.running().setDebug(true);
          sendNoTls(transport);
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().exception()).isInstanceOf(SSLException.class);
        });
  }

  /// Connects to a server of TLS with a peer that does not speak it; the body never starts.
  private static void sendNoTls(Transport transport) throws IOException {
    List<String> started = new ArrayList<>();
    Channel server =
        Pipelines.serve(
            transport, pipeline -> pipeline.addLast(overTls(_ -> started.add("started"))));
    try (Socket socket = Pipelines.socket(server)) {
      offLoop(() -> {
        socket.getOutputStream().write("this is not TLS at all\n".getBytes(US_ASCII));
        return socket.getInputStream().readAllBytes();
      });
    }
    assertThat(started).isEmpty();
  }

  /// Hazard 38: a client has started the handshake itself.
  @ParameterizedTest
  @MethodSource("transports")
  void startAfterHandshake_thatFailsAtAClient_isReported(Transport transport) {
    run(
        transport,
        () -> {
          SslContext tls = SslContextBuilder.forClient().build();
          List<ExceptionContext> reports = Pipelines.reports();
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline -> pipeline.addLast(Pipelines.bytes(CoroutineChannel::close)));
          Channel client =
              Pipelines.connect(
                  transport,
                  server,
                  pipeline ->
                      pipeline.addLast(
                          tls.newHandler(ByteBufAllocator.DEFAULT),
                          CoroutineHandler.of(
                              Object.class,
                              _ -> {},
                              HandlerOptions.DEFAULT.withStartAfterHandshake())));

          NettyFutures.await(client.closeFuture());
          polls(2);
          assertThat(reports).hasSize(1);
        });
  }

  /// Hazard 40.
  @ParameterizedTest
  @MethodSource("transports")
  void closeNotify_fromThePeer_endsTheInput(Transport transport) {
    run(
        transport,
        () -> {
          Channel server =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          overTls(channel -> {
                            for (String line : channel) {
                              channel.write(line + "\n");
                            }
                          })));
          Socket socket = Pipelines.socket(server);

          String answer =
              offLoop(() -> {
                try (SSLSocket secured = overTls(socket)) {
                  secured.getOutputStream().write("hello\n".getBytes(US_ASCII));
                  byte[] line = secured.getInputStream().readNBytes(6);
                  secured.shutdownOutput(); // close_notify, and nothing else
                  assertThat(secured.getInputStream().read()).isEqualTo(-1);
                  return new String(line, US_ASCII);
                }
              });

          assertThat(answer).isEqualTo("hello\n");
        });
  }
}
