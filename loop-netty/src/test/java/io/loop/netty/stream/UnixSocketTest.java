package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.Certificates;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UnixSocketTest extends OnNetty {

  @TempDir Path directory;

  private static Server serve(Path path) throws IOException {
    return Streams.startUnixServer(TlsTest::echo, path, ServerOptions.DEFAULT);
  }

  private static StreamConnection open(Path path) throws IOException {
    return Streams.openUnixConnection(path, ConnectionOptions.DEFAULT);
  }

  private static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static void awaitGone(Path path) {
    while (exists(path)) {
      Asyncio.sleep(Duration.ofMillis(1));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_megabyte_comesBackAndTheFileIsRemoved(Transport transport) {
    Path path = directory.resolve("s");
    byte[] data = TlsTest.randomBytes(1 << 20);
    run(
        transport,
        () -> {
          Server server = serve(path);
          StreamConnection connection = open(path);
          var writing =
              Asyncio.createTask(() -> {
                connection.writer().write(data);
                connection.writer().drain();
              });

          assertThat(connection.reader().readExactly(data.length)).isEqualTo(data);

          writing.await();
          assertThat(server.sockets()).hasSize(1);
          assertThatThrownBy(server::localAddress).isInstanceOf(IllegalStateException.class);
          assertThat(server).hasToString("<Server listening on " + server.sockets() + ">");
          TlsTest.end(server, connection);
          awaitGone(path);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void writeEof_isRefused(Transport transport) {
    Path path = directory.resolve("s");
    run(
        transport,
        () -> {
          Server server = serve(path);
          StreamConnection connection = open(path);

          assertThat(connection.writer().canWriteEof()).isFalse();
          assertThatThrownBy(connection.writer()::writeEof)
              .isInstanceOf(UnsupportedOperationException.class);
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tls_overAUnixSocket_needsTheServersName(Transport transport) {
    Path path = directory.resolve("s");
    TlsOptions tls = TlsOptions.of(Certificates.clientContext());
    run(
        transport,
        () -> {
          Server server = Streams.startUnixServer(TlsTest::echo, path, TlsTest.SERVER);

          assertThatThrownBy(
                  () -> Streams.openUnixConnection(path, ConnectionOptions.DEFAULT.withTls(tls)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("serverHostname");
          StreamConnection connection =
              Streams.openUnixConnection(
                  path, ConnectionOptions.DEFAULT.withTls(tls.withServerHostname("localhost")));

          connection.writer().write(TlsTest.ascii("hello\n"));
          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startUnixServer_staleSocket_isReplacedAndAnotherFileIsNot(Transport transport)
      throws IOException {
    Path stale = directory.resolve("stale");
    try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(stale));
    }
    assertThat(exists(stale)).isTrue();
    Path document = Files.writeString(directory.resolve("document"), "precious");
    run(
        transport,
        () -> {
          Server server = serve(stale);
          open(stale).close();

          assertThatThrownBy(() -> serve(document)).isInstanceOf(BindException.class);

          assertThat(document).hasContent("precious");
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void startUnixServer_symbolicLink_isReplacedOnlyIfItLeadsToASocket(Transport transport)
      throws IOException {
    Path stale = directory.resolve("stale");
    try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(stale));
    }
    Path toSocket = Files.createSymbolicLink(directory.resolve("to-socket"), stale);
    Path document = Files.writeString(directory.resolve("document"), "precious");
    Path toDocument = Files.createSymbolicLink(directory.resolve("to-document"), document);
    Path toNothing =
        Files.createSymbolicLink(directory.resolve("to-nothing"), directory.resolve("nothing"));
    Path toItself =
        Files.createSymbolicLink(directory.resolve("to-itself"), directory.resolve("to-itself"));
    run(
        transport,
        () -> {
          Server server = serve(toSocket);
          open(toSocket).close();
          TlsTest.end(server);

          for (Path link : List.of(toDocument, toNothing, toItself)) {
            assertThatThrownBy(() -> serve(link))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(link.toString());
            assertThat(link).isSymbolicLink();
          }
        });
    assertThat(exists(stale)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_fileOfALaterServer_isLeftAlone(Transport transport) {
    Path path = directory.resolve("s");
    run(
        transport,
        () -> {
          Server first = serve(path);
          Server second = serve(path);

          TlsTest.end(first);
          polls(10);

          StreamConnection connection = open(path);
          connection.writer().write(TlsTest.ascii("hello\n"));
          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          TlsTest.end(second, connection);
          awaitGone(path);
          try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void openUnixConnection_nobodyListens_namesTheFile(Transport transport) {
    Path path = directory.resolve("nobody");
    run(
        transport,
        () ->
            assertThatThrownBy(() -> open(path))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("nobody"));
  }
}
