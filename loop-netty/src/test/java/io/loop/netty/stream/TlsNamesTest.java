package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.Certificates;
import io.loop.netty.transport.TlsOptions;
import io.loop.netty.transport.Transport;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.X509Bundle;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What both sides of a handshake tell each other: the name of the server and the protocol.
class TlsNamesTest extends TlsFixture {

  private static ApplicationProtocolConfig alpn(String... protocols) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void alpn_bothSpeakOne_bothLearnWhich(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) ->
                      writer.write(
                          ascii(String.valueOf(writer.getExtraInfo("applicationProtocol")))),
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withTls(
                      Certificates.build(
                          Certificates.server(Certificates.LOCAL)
                              .applicationProtocolConfig(alpn("b", "c")))));
          StreamConnection connection =
              open(
                  server,
                  ConnectionOptions.DEFAULT.withTls(
                      Certificates.build(
                          Certificates.client(Certificates.AUTHORITY)
                              .applicationProtocolConfig(alpn("a", "b")))));

          assertThat(connection.writer().getExtraInfo("applicationProtocol")).isEqualTo("b");
          assertThat(connection.reader().read()).asString().isEqualTo("b");
          end(server, connection);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void sni_nameThatIsKnown_choosesTheContextAndOthersGetTheCommonOne(Transport transport) {
    X509Bundle other = Certificates.issued(Certificates.AUTHORITY, "other.test", "");
    SslContext otherContext = Certificates.build(Certificates.server(other));
    run(
        transport,
        () -> {
          TlsOptions tls =
              TlsOptions.of(Certificates.serverContext())
                  .withContextOf(name -> name.equals("other.test") ? otherContext : null);
          Server server =
              Streams.startServer(
                  (_, writer) ->
                      writer.write(ascii(String.valueOf(writer.getExtraInfo("serverHostname")))),
                  LOCAL,
                  0,
                  ServerOptions.DEFAULT.withTls(tls));
          TlsOptions client = TlsOptions.of(Certificates.clientContext());

          StreamConnection common = open(server, ConnectionOptions.DEFAULT.withTls(client));
          StreamConnection named =
              open(
                  server,
                  ConnectionOptions.DEFAULT.withTls(client.withServerHostname("other.test")));

          assertThat(common.writer().getExtraInfo("peercert"))
              .isEqualTo(Certificates.LOCAL.getCertificate());
          assertThat(named.writer().getExtraInfo("peercert")).isEqualTo(other.getCertificate());
          assertThat(named.reader().read()).asString().isEqualTo("other.test");
          end(server, common, named);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serverName_thatIsNoAddress_isSent(Transport transport) {
    Map<String, String> names =
        Map.of(
            "backend", "backend",
            "localhost", "localhost",
            "my_host.test", "null",
            "b\u00fccher.test", "xn--bcher-kva.test",
            "www.test.", "www.test",
            "127.0.0.1", "null",
            "::1", "null",
            "[::1]", "null");
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) ->
                      writer.write(ascii(String.valueOf(writer.getExtraInfo("serverHostname")))),
                  "127.0.0.1",
                  0,
                  SERVER);

          for (Map.Entry<String, String> name : names.entrySet()) {
            TlsOptions tls =
                TlsOptions.of(Certificates.clientContext())
                    .withServerHostname(name.getKey())
                    .withoutHostnameCheck();
            StreamConnection connection = open(server, ConnectionOptions.DEFAULT.withTls(tls));
            assertThat(connection.reader().read()).asString().isEqualTo(name.getValue());
            connection.close();
          }

          end(server);
        });
  }
}
