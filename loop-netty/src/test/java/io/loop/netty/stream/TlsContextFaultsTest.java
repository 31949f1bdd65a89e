package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.netty.Certificates;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers whose TLS context cannot be made.
class TlsContextFaultsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";

  /// A way in which there is no context.
  enum Fault {
    SUPPLIER_THROWS("the new certificate is broken") {
      @Override
      TlsOptions options() {
        return TlsOptions.of(TlsContextFaultsTest::broken);
      }
    },
    SUPPLIER_GIVES_A_CLIENTS("made for a client") {
      @Override
      TlsOptions options() {
        return TlsOptions.of(Certificates.clientContext());
      }
    },
    SUPPLIER_GIVES_NONE("returned no context") {
      @Override
      @SuppressWarnings("NullAway") // as a program without a checker may do
      TlsOptions options() {
        return TlsOptions.of((Supplier<SslContext>) () -> null);
      }
    },
    CHOICE_THROWS("the new certificate is broken") {
      @Override
      TlsOptions options() {
        return TlsOptions.of(Certificates.serverContext()).withContextOf(_ -> broken());
      }
    },
    CHOICE_GIVES_A_CLIENTS("made for a client") {
      @Override
      TlsOptions options() {
        return TlsOptions.of(Certificates.serverContext())
            .withContextOf(_ -> Certificates.clientContext());
      }
    };

    private final String message;

    Fault(String message) {
      this.message = message;
    }

    abstract TlsOptions options();
  }

  private static SslContext broken() {
    throw new UncheckedIOException(new IOException("the new certificate is broken"));
  }

  static Stream<Arguments> transportsAndFaults() {
    return transports()
        .flatMap(
            transport -> Stream.of(Fault.values()).map(fault -> Arguments.of(transport, fault)));
  }

  private static void refuse(Server server) {
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("internal_error");
  }

  private static StreamConnection open(Server server) throws IOException {
    return Streams.openConnection(
        LOCAL,
        server.localAddress().getPort(),
        ConnectionOptions.DEFAULT.withTls(
            TlsOptions.of(Certificates.clientContext()).withServerHostname("localhost")));
  }

  @ParameterizedTest
  @MethodSource("transportsAndFaults")
  void noContext_isToldOnceAndTheClientLearnsWhy(Transport transport, Fault fault) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              Streams.startServer(
                  TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withTls(fault.options()));

          for (int i = 0; i < 20; i++) {
            refuse(server);
          }

          until(() -> server.connectionCount() == 0);
          assertThat(reports).hasSize(1);
          assertThat(reports.getFirst().message()).contains("TLS context");
          assertThat(reports.getFirst().exception()).hasMessageContaining(fault.message);
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void noContext_againAfterASuccess_isToldAgain(Transport transport) {
    boolean[] broken = {true};
    TlsOptions tls = TlsOptions.of(() -> broken[0] ? broken() : Certificates.serverContext());
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              Streams.startServer(TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withTls(tls));

          refuse(server);
          broken[0] = false;
          StreamConnection good = open(server);
          good.writer().write(TlsTest.ascii("hello\n"));
          assertThat(good.reader().readLine()).asString().isEqualTo("hello\n");
          broken[0] = true;
          refuse(server);

          assertThat(reports).hasSize(2);
          TlsTest.end(server, good);
        });
  }

  /// An error while a connection is made must not leave it open, as io_uring did.
  @ParameterizedTest
  @MethodSource("transports")
  void errorWhileAConnectionIsMade_closesIt(Transport transport) {
    var error = new LinkageError("no such class");
    TlsOptions tls =
        TlsOptions.of(() -> {
          throw error;
        });
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          Server server =
              Streams.startServer(TlsTest::echo, LOCAL, 0, ServerOptions.DEFAULT.withTls(tls));

          List<Socket> peers = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            peers.add(connect(server));
          }
          for (Socket peer : peers) {
            assertThat(offLoop(() -> peer.getInputStream().read())).isEqualTo(-1);
            peer.close();
          }

          assertThat(reports).extracting(ExceptionContext::exception).containsOnly(error);
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peerThatClosesInTheHandshake_isSaidSo(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer((_, _) -> {}, LOCAL, 0);

          assertThatThrownBy(() -> open(server))
              .isInstanceOf(SSLHandshakeException.class)
              .hasMessageNotContaining("null")
              .hasMessageMatching(".*(closed|reset|Broken pipe).*");

          TlsTest.end(server);
        });
  }
}
