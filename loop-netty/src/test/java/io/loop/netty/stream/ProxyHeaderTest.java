package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.Certificates;
import io.loop.netty.transport.ProxyHeader;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.Transport;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Headers as values, and as a client sends them.
class ProxyHeaderTest extends ProxyTests {

  static Stream<Arguments> transportsAndSentHeaders() {
    ProxyHeader full =
        ProxyHeader.of(CLIENT, SERVER)
            .withAuthority("example.org")
            .withField(5, new byte[] {1, 2, 3})
            .withField(0xE0, new byte[300]);
    return crossed(
        Stream.of(
            Arguments.of(ProxyHeader.of(CLIENT, SERVER)),
            Arguments.of(ProxyHeader.of(CLIENT_6, SERVER_6)),
            Arguments.of(ProxyHeader.of(CLIENT, SERVER).withVersion(1)),
            Arguments.of(ProxyHeader.of(CLIENT_6, SERVER_6).withVersion(1)),
            Arguments.of(ProxyHeader.LOCAL),
            Arguments.of(ProxyHeader.LOCAL.withVersion(1)),
            Arguments.of(full),
            Arguments.of(ProxyHeader.of(CLIENT, SERVER_6)),
            Arguments.of(ProxyHeader.of(CLIENT, SERVER_6).withVersion(1)),
            Arguments.of(
                ProxyHeader.of(
                    new DomainSocketAddress("/run/client"), new DomainSocketAddress("")))));
  }

  private static ProxyHeader received(
      Server server, AtomicReference<@Nullable Object> header, ConnectionOptions options)
      throws IOException {
    StreamConnection connection = TlsTest.open(server, options);
    connection.writer().write(HELLO);
    assertThat(connection.reader().readLine()).isEqualTo(HELLO);
    connection.close();
    return (ProxyHeader) header.get();
  }

  @ParameterizedTest
  @MethodSource("transportsAndSentHeaders")
  void header_sentByAConnection_arrivesAsItWasBeforeTlsAndWithout(
      Transport transport, ProxyHeader sent) {
    var header = new AtomicReference<@Nullable Object>();
    ConnectionBody body =
        (reader, writer) -> {
          header.set(writer.getExtraInfo("proxyHeader"));
          TlsTest.echo(reader, writer);
        };
    run(
        transport,
        () -> {
          Server plain = Streams.startServer(body, LOCAL, 0, PROXIED);
          Server secure =
              Streams.startServer(body, LOCAL, 0, PROXIED.withTls(Certificates.serverContext()));

          assertThat(received(plain, header, ConnectionOptions.DEFAULT.withProxyProtocol(sent)))
              .isEqualTo(sent);
          assertThat(received(secure, header, TlsTest.CLIENT.withProxyProtocol(sent)))
              .isEqualTo(sent);
          TlsTest.end(plain);
          TlsTest.end(secure);
        });
  }

  /// As a proxy does that holds the client's certificate.
  @Test
  void fields_ofTls_areReadable() {
    byte[] value =
        joined(
            new byte[] {7, 0, 0, 0, 0, 0x21, 0, 7},
            TlsTest.ascii("TLSv1.3"),
            new byte[] {0x22, 0, 5},
            TlsTest.ascii("alice"),
            new byte[] {0x23, 0, 4},
            TlsTest.ascii("AES!"));
    ProxyHeader header =
        ProxyHeader.of(CLIENT, SERVER).withField(0x20, value).withField(1, TlsTest.ascii("h2"));

    assertThat(header.tls()).isEqualTo(new ProxyHeader.Tls(true, "TLSv1.3", "AES!", "alice"));
    assertThat(header.applicationProtocol()).isEqualTo("h2");
    assertThat(header.authority()).isNull();
    assertThat(header.uniqueId()).isNull();
    assertThat(header.withField(5, new byte[] {1}).uniqueId()).containsExactly(1);
    assertThat(ProxyHeader.of(CLIENT, SERVER).withField(0x20, new byte[] {1, 0}).tls()).isNull();
    assertThat(ProxyHeader.of(CLIENT, SERVER).withField(0x20, new byte[5]).tls()).isNull();
    byte[] cut = {1, 0, 0, 0, 1, 0x21, 0, 9, 'x'};
    assertThat(ProxyHeader.of(CLIENT, SERVER).withField(0x20, cut).tls())
        .isEqualTo(new ProxyHeader.Tls(false, "x", null, null));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void fieldsOfTls_received_areOneField(Transport transport) {
    var header = new AtomicReference<@Nullable Object>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> header.set(writer.getExtraInfo("proxyHeader")), LOCAL, 0, PROXIED);
          Socket socket = connect(server);
          send(
              socket,
              binary(
                  "21 11 001e c0000201 c6336407 dc04 01bb"
                      + "20 000f 01 00000000 21 0007 544c5376312e33"));
          until(() -> header.get() != null);

          var received = (ProxyHeader) header.get();
          assertThat(received.fields()).hasSize(1);
          assertThat(received.tls()).isEqualTo(new ProxyHeader.Tls(false, "TLSv1.3", null, null));
          assertThat(received.source()).isEqualTo(CLIENT);
          socket.close();
          TlsTest.end(server);
        });
  }

  static Stream<Function<ProxyHeader, ProxyHeader>> wrongHeaders() {
    return Stream.of(
        header -> header.withVersion(3),
        header -> new ProxyHeader(2, CLIENT, null, List.of()),
        header -> ProxyHeader.of(CLIENT, new DomainSocketAddress("/a")),
        header -> ProxyHeader.of(InetSocketAddress.createUnresolved("a", 1), SERVER),
        header -> ProxyHeader.LOCAL.withField(5, new byte[1]),
        header -> header.withField(5, new byte[1]).withVersion(1),
        header -> header.withField(5, new byte[65_500]),
        header -> header.withField(256, new byte[0]),
        header ->
            ProxyHeader.of(new DomainSocketAddress("x".repeat(109)), new DomainSocketAddress("")));
  }

  @ParameterizedTest
  @MethodSource("wrongHeaders")
  void header_thatCannotBeSent_isRefusedWhenMade(Function<ProxyHeader, ProxyHeader> wrong) {
    assertThatThrownBy(() -> wrong.apply(ProxyHeader.of(CLIENT, SERVER)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void options_thatCannotWork_areRefused() {
    ProxyProtocol options = ProxyProtocol.DEFAULT;
    assertThatThrownBy(() -> options.withTrusted()).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options.withTrusted("10.0.0.0/33"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 10.0.0.0/33");
    assertThatThrownBy(() -> options.withTrusted("proxy.example"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got proxy.example");
    assertThatThrownBy(() -> options.withHeaderTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options.withMaxFieldBytes(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
