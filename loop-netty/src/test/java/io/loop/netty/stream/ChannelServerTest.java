package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.SkippableTime;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers of Netty pipelines: how they start, and the same limits as for streams.
class ChannelServerTest extends ChannelServerTests {

  private static final Duration HOUR = Duration.ofHours(1);

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_aPipelineOfCodecs_isServedUntilItIsClosed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server = ChannelServer.startServer(lines(ChannelServerTest::echo), LOCAL, 0);
          try (Socket client = connect(server)) {
            send(client, "a\nb\n");
            client.shutdownOutput();

            assertThat(offLoop(() -> rest(client))).isEqualTo("a\nb\n");
          }
          server.close();
          server.waitClosed();

          assertThat(server.connectionCount()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void connections_beyondTheLimit_areTurnedAwayAndNeverServed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server =
              start(
                  lines(channel -> {
                    log.add("served");
                    echo(channel);
                  }),
                  ServerOptions.DEFAULT.withLimits(ServerLimits.NONE.withConnections(1, 1)));
          Socket first = connect(server);
          until(() -> log.size() == 1);
          Socket second = connect(server);

          assertThat(offLoop(() -> isEnded(second))).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          first.close();
          until(() -> server.connectionCount() == 0);
          Socket third = connect(server);
          send(third, "x\n");
          third.shutdownOutput();

          assertThat(offLoop(() -> rest(third))).isEqualTo("x\n");
          assertThat(log).hasSize(2);
          second.close();
          third.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void silence_thatTheBodyDoesNotCatch_isNotReported(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withLimits(
                      ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(4))));
          Socket client = connect(server);
          until(() -> server.connectionCount() == 1);

          while (server.connectionCount() > 0) {
            time.skip(HOUR);
          }

          assertThat(reports).isEmpty();
          client.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void silence_longerThanTheLimit_endsTheConnectionAndTalkDoesNot(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          List<Throwable> faults = new ArrayList<>();
          Server server =
              start(
                  lines(channel -> {
                    try {
                      echo(channel);
                    } catch (UncheckedIOException silent) {
                      faults.add(silent.getCause());
                    }
                  }),
                  ServerOptions.DEFAULT.withLimits(
                      ServerLimits.NONE.withIdleTimeout(HOUR.multipliedBy(4))));
          Socket client = connect(server);
          for (int i = 0; i < 12; i++) { // longer than the limit, all in all
            send(client, "x\n");
            byte[] answer = offLoop(() -> client.getInputStream().readNBytes(2));
            assertThat(answer).asString().isEqualTo("x\n");
            time.skip(HOUR);
          }

          assertThat(faults).isEmpty();
          while (faults.isEmpty()) {
            time.skip(HOUR);
          }
          assertThat(faults).singleElement().isInstanceOf(SocketTimeoutException.class);
          assertThat(offLoop(() -> isEnded(client))).isTrue();
          client.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void firstMessage_notCompleteInTime_endsTheConnection(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              start(
                  lines(channel -> {
                    try {
                      echo(channel);
                    } catch (UncheckedIOException slow) {
                      log.add(String.valueOf(slow.getCause().getMessage()));
                    }
                  }),
                  ServerOptions.DEFAULT.withLimits(
                      ServerLimits.NONE.withFirstMessageTimeout(HOUR.multipliedBy(4))));
          Socket client = connect(server);
          while (log.isEmpty()) {
            send(client, "x"); // never a line
            time.skip(HOUR);
          }

          assertThat(log).containsExactly("no complete message for too long");
          client.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void pipeline_thatCannotBeBuilt_isThatConnectionsFailure(Transport transport) {
    runOn(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              start(
                  pipeline -> {
                    if (log.isEmpty()) {
                      log.add("first");
                      throw new IOException("not this one");
                    }
                    Pipelines.lines(ChannelServerTest::echo).accept(pipeline);
                  },
                  ServerOptions.DEFAULT);
          Socket first = connect(server);
          assertThat(offLoop(() -> isEnded(first))).isTrue();
          Socket second = connect(server);
          send(second, "x\n");
          second.shutdownOutput();

          assertThat(offLoop(() -> rest(second))).isEqualTo("x\n");
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Could not serve a connection");
          first.close();
          second.close();
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bind_aBootstrapOfTheProgram_keepsItsOptionsAndIsNotChanged(Transport transport) {
    runOn(
        transport,
        () -> {
          var bootstrap =
              new ServerBootstrap()
                  .childOption(ChannelOption.SO_KEEPALIVE, true)
                  .childHandler(
                      Pipelines.initializer(
                          Pipelines.lines(channel -> {
                            log.add(
                                "keepalive "
                                    + channel
                                        .nettyChannel()
                                        .config()
                                        .getOption(ChannelOption.SO_KEEPALIVE));
                            echo(channel);
                          })));
          Server server =
              ChannelServer.bind(
                  bootstrap, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "x\n");
            until(() -> log.size() == 1);
            serving.cancel();

            assertThat(offLoop(() -> rest(client))).isEqualTo("x\n");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("keepalive true");
          assertThat(bootstrap.config().group()).isNull();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bind_withoutAHandlerOrOnATakenAddress_saysSo(Transport transport) {
    runOn(
        transport,
        () -> {
          var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
          assertThatThrownBy(() -> ChannelServer.bind(new ServerBootstrap(), address))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("the bootstrap needs a childHandler");
          var bootstrap = new ServerBootstrap().childHandler(Pipelines.initializer(_ -> {}));
          Server server = ChannelServer.bind(bootstrap, address);
          assertThatThrownBy(() -> ChannelServer.bind(bootstrap, server.localAddress()))
              .isInstanceOf(BindException.class)
              .hasMessageStartingWith("could not listen on 127.0.0.1:");
          server.close();
          server.waitClosed();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_withTls_encryptsBeforeThePipeline(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(Certificates.serverContext()));
          StreamConnection client = openTls(server);
          client.writer().write(TlsTest.ascii("hello\n"));

          assertThat(client.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, client);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startServer_withoutATlsContext_isToldOnce(Transport transport) {
    runOn(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              start(
                  lines(ChannelServerTests::echo),
                  ServerOptions.DEFAULT.withTls(
                      TlsOptions.of(() -> {
                        throw new IllegalStateException("no certificate");
                      })));
          for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> openTls(server)).isInstanceOf(SSLHandshakeException.class);
          }

          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsOnlyOnce("Could not make the TLS context of a connection");
          TlsTest.end(server);
        });
  }

  private static StreamConnection openTls(Server server) throws IOException {
    return Streams.openConnection(
        LOCAL,
        server.localAddress().getPort(),
        ConnectionOptions.DEFAULT.withTls(
            TlsOptions.of(Certificates.clientContext()).withServerHostname("localhost")));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bind_withTlsHandlersAndOptions_appliesThemToTheAcceptedChannels(Transport transport) {
    runOn(
        transport,
        () -> {
          var bootstrap =
              new ServerBootstrap()
                  .childHandler(
                      Pipelines.initializer(
                          Pipelines.lines(channel -> {
                            log.add(
                                String.valueOf(
                                    channel
                                        .nettyChannel()
                                        .config()
                                        .getOption(ChannelOption.SO_KEEPALIVE)));
                            echo(channel);
                          })));
          Server server =
              ChannelServer.bind(
                  bootstrap,
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                  ServerOptions.DEFAULT
                      .withTls(Certificates.serverContext())
                      .withPipeline(_ -> log.add("wire"))
                      .withChildOption(ChannelOption.SO_KEEPALIVE, true));
          StreamConnection client = openTls(server);
          client.writer().write(TlsTest.ascii("hello\n"));

          assertThat(client.reader().readLine()).asString().isEqualTo("hello\n");
          assertThat(log).containsExactly("wire", "true");
          TlsTest.end(server, client);
        });
  }

  @Test
  void startServer_withTheProxyProtocol_saysWhatToDo() {
    ServerOptions proxied = ServerOptions.DEFAULT.withProxyProtocol();

    assertThatThrownBy(() -> start(_ -> {}, proxied))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HAProxyMessageDecoder");
  }

  @Test
  void startServer_requiringCloseNotify_saysWhatToDo() {
    ServerOptions strict =
        ServerOptions.DEFAULT.withTls(
            TlsOptions.of(Certificates.serverContext()).withCloseNotifyRequired());

    assertThatThrownBy(() -> start(_ -> {}, strict))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SslCloseCompletionEvent");
  }
}
