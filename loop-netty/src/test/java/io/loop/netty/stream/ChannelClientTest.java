package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.Certificates;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections that are pipelines, as the coroutine sees them that opens them.
class ChannelClientTest extends ChannelClientTests {

  private static final String OTHER = "127.0.0.2";

  @ParameterizedTest
  @MethodSource("transports")
  void connect_aServerOfLines_sendsAndReceivesUntilItIsClosed(Transport transport) {
    run(
        transport,
        () -> {
          Server server = ChannelServer.startServer(lines(ChannelServerTests::echo), LOCAL, 0);
          int port = server.localAddress().getPort();
          int before = Task.all().size();
          CoroutineChannel<String> channel =
              ChannelClient.connect(String.class, this::codec, LOCAL, port);
          try (channel) {
            channel.send("a\nb\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.receive()).isEqualTo("b");
            assertThat(channel.remoteAddress()).isEqualTo(server.localAddress());
            assertThat(Task.all()).hasSize(before + 1); // the server's
          }
          channel.waitClosed();

          assertThat(channel.isClosing()).isTrue();
          assertThat(channel.receive()).isNull();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_thatClosesAtOnce_losesNothingThatItSent(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(lines(channel -> channel.write("a\nb\nc\n")), ServerOptions.DEFAULT);
          try (CoroutineChannel<String> channel = open(server)) {
            polls(5);

            assertThat(channel).containsExactly("a", "b", "c");
            assertThat(channel.receive()).isNull();
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_thatHalfCloses_canBeAnswered(Transport transport) {
    run(
        transport,
        () -> {
          List<String> heard = new ArrayList<>();
          Server server =
              start(
                  lines(channel -> {
                    channel.writeEof();
                    channel.forEach(heard::add);
                  }),
                  ServerOptions.DEFAULT);
          try (CoroutineChannel<String> channel = open(server)) {
            assertThat(channel.receive()).isNull();
            channel.send("still\n");
            until(() -> heard.size() == 1);
          }
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tls_isDoneWhenConnectReturns(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          try (CoroutineChannel<String> channel = connect(server.localAddress().getPort(), TLS)) {
            SslHandler tls = channel.nettyChannel().pipeline().get(SslHandler.class);
            assertThat(tls.engine().getSession().getProtocol()).isEqualTo("TLSv1.3");

            channel.send("a\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.canWriteEof()).isFalse();
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void codec_thatWritesWhenTheChannelIsActive_isProtectedByTls(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          PipelineInitializer greeting =
              pipeline -> {
                codec(pipeline);
                pipeline.addLast(
                    new ChannelInboundHandlerAdapter() {
                      @Override
                      public void channelActive(ChannelHandlerContext context) {
                        var _ = context.writeAndFlush("hello\n");
                        context.fireChannelActive();
                      }
                    });
              };
          try (CoroutineChannel<String> channel =
              ChannelClient.connect(
                  String.class, greeting, LOCAL, server.localAddress().getPort(), TLS)) {
            assertThat(channel.receive()).isEqualTo("hello");
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void addresses_areTriedAsForStreams(Transport transport) {
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          List<InetAddress> both =
              List.of(InetAddress.ofLiteral(OTHER), InetAddress.ofLiteral(LOCAL));
          ConnectionOptions options =
              PLAIN
                  .withResolver(_ -> both)
                  .withHappyEyeballs(Duration.ZERO)
                  .withLocalAddress(new InetSocketAddress(InetAddress.ofLiteral(LOCAL), 0));
          try (CoroutineChannel<String> channel =
              ChannelClient.connect(String.class, this::codec, "both.test", port, options)) {
            channel.send("a\n");

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(channel.remoteAddress()).isEqualTo(server.localAddress());
            assertThat(opened).hasSize(2);
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void handlersOfTheOptions_andAProxyHeader_comeBeforeTls(Transport transport) {
    run(
        transport,
        () -> {
          List<Object> seen = new ArrayList<>();
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    seen.add(writer.getExtraInfo("peername"));
                    writer.write(reader.readLine());
                  },
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT
                      .withProxyProtocol(ProxyProtocol.DEFAULT.withTrusted(LOCAL))
                      .withTls(Certificates.serverContext()));
          var client = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1234);
          ConnectionOptions options =
              TLS.withPipeline(pipeline -> pipeline.addLast("wire", new WireHandler()))
                  .withProxyProtocol(ProxyHeader.of(client, server.localAddress()));
          try (CoroutineChannel<String> channel =
              connect(server.localAddress().getPort(), options)) {
            assertThat(channel.nettyChannel().pipeline().names()).startsWith("wire");
            channel.send("a\n"); // the server then closes the connection

            assertThat(channel.receive()).isEqualTo("a");
            assertThat(seen).containsExactly(client);
          }
          untilNoneIsLeft();
          end(server);
        });
  }

  private static final class WireHandler extends ChannelInboundHandlerAdapter {}

  @ParameterizedTest
  @MethodSource("transports")
  void initializer_thatThrows_failsTheConnect(Transport transport) {
    var fault = new IOException("no codec");
    run(
        transport,
        () -> {
          Server server = start(lines(ChannelServerTests::echo), ServerOptions.DEFAULT);
          int port = server.localAddress().getPort();
          PipelineInitializer failing =
              pipeline -> {
                codec(pipeline);
                throw fault;
              };

          for (ConnectionOptions options : List.of(PLAIN, TLS)) {
            assertThatThrownBy(
                    () -> ChannelClient.connect(String.class, failing, LOCAL, port, options))
                .isSameAs(fault);
          }
          assertThatThrownBy(() -> connect(port, PLAIN.withTls(Certificates.serverContext())))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("the TLS context is made for a server");
          untilNoneIsLeft();
          end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void options_thatAreForStreamsOnlyAndMatter_areRefused(Transport transport) {
    run(
        transport,
        () ->
            assertThatThrownBy(() ->
                    connect(
                        7,
                        PLAIN.withTls(
                            TlsOptions.of(Certificates.clientContext()).withCloseNotifyRequired())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("requireCloseNotify is for streams"));
  }
}
