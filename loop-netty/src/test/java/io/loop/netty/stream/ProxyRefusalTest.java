package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.ScarceAllocator;
import io.loop.netty.SkippableTime;
import io.loop.netty.base.Subnets;
import io.loop.netty.connection.WirePipelineTest;
import io.loop.netty.transport.ProxyProtocol;
import io.loop.netty.transport.Transport;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Peers that are no proxies, proxies that are not trusted, and what they may cost.
class ProxyRefusalTest extends ProxyTests {

  private static final Duration HOUR = Duration.ofHours(1);

  private static byte[] bomb() {
    byte[] fields = new byte[60_000]; // 20,000 empty fields
    byte[] addresses = HexFormat.of().parseHex("c0000201c6336407dc0401bb");
    ByteBuffer length = ByteBuffer.allocate(2).putShort((short) (fields.length + 12));
    return joined(binary("21 11"), length.array(), addresses, fields);
  }

  static Stream<Arguments> transportsAndBadStarts() {
    return crossed(
        Stream.of(
            Arguments.of((Object) TlsTest.ascii("GET / HTTP/1.1\r\n")),
            Arguments.of((Object) TlsTest.ascii("G")),
            Arguments.of((Object) new byte[] {22, 3, 1}),
            Arguments.of((Object) TlsTest.ascii("PROXY TCP4 " + "1".repeat(200))),
            Arguments.of((Object) line("PROXY TCP4 192.0.2.1 198.51.100.7 56324")),
            Arguments.of((Object) line("PROXY TCP4 192.0.2.1 198.51.100.7 56324 70000")),
            Arguments.of((Object) line("PROXY TCP4 192.0.2.256 198.51.100.7 1 2")),
            Arguments.of((Object) line("PROXY TCP4 2001:db8::1 2001:db8::7 1 2")),
            Arguments.of((Object) line("PROXY UDP9 a b 1 2")),
            Arguments.of((Object) line("PROXYTCP4 192.0.2.1 198.51.100.7 1 2")),
            Arguments.of((Object) binary("21 11 ffff")),
            Arguments.of((Object) binary("01 11 000c c0000201 c6336407 dc04 01bb")),
            Arguments.of((Object) binary("31 11 000c c0000201 c6336407 dc04 01bb")),
            Arguments.of((Object) binary("2f 11 000c c0000201 c6336407 dc04 01bb")),
            Arguments.of((Object) binary("21 71 000c c0000201 c6336407 dc04 01bb")),
            Arguments.of((Object) binary("21 11 0003 c00002")),
            Arguments.of((Object) binary("21 31 000c c0000201 c6336407 dc04 01bb")),
            Arguments.of((Object) binary("21 11 0010 c0000201 c6336407 dc04 01bb 02ffff00")),
            Arguments.of((Object) binary("21 11 0011 c0000201 c6336407 dc04 01bb 20000201 00")),
            Arguments.of((Object) bomb())));
  }

  @ParameterizedTest
  @MethodSource("transportsAndBadStarts")
  void start_withoutAHeader_isClosedCountedAndNotReported(Transport transport, byte[] start) {
    var bodies = new AtomicInteger();
    List<ExceptionContext> reports = new ArrayList<>();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    bodies.incrementAndGet();
                    name(reader, writer);
                  },
                  LOCAL,
                  0,
                  PROXIED);
          Socket socket = connect(server);
          send(socket, start);

          assertThat(offLoop(() -> WirePipelineTest.endOf(socket))).isTrue();
          until(() -> server.connectionCount() == 0);
          assertThat(server.refusedCount()).isEqualTo(1);
          assertThat(bodies).hasValue(0);
          assertThat(reports).isEmpty();

          Socket good = connect(server);
          send(good, joined(v1(CLIENT), HELLO));
          assertThat(offLoop(() -> answer(good))).isEqualTo(named(good, CLIENT, SERVER));
          socket.close();
          good.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void start_withoutAHeader_isReportedInDebugMode(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Loop.running().setDebug(true);
          Loop.running().setSlowCallbackDuration(HOUR);
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name, LOCAL, 0, PROXIED.withTls(Certificates.serverContext()));
          Socket socket = connect(server);
          send(socket, HELLO);
          offLoop(() -> WirePipelineTest.endOf(socket));
          until(() -> server.connectionCount() == 0);

          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Connection without a valid PROXY header");
          socket.close();
          TlsTest.end(server);
        });
  }

  /// The length in a header is two bytes that anybody can send.
  @ParameterizedTest
  @MethodSource("transports")
  void length_announced_reservesNoMemory(Transport transport) {
    var memory = new ScarceAllocator();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED
                      .withProxyProtocol(ProxyProtocol.DEFAULT.withMaxFieldBytes(65_535))
                      .withChildOption(ChannelOption.ALLOCATOR, memory));
          List<Socket> sockets = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            Socket socket = connect(server);
            sockets.add(socket);
            send(socket, binary("21 11 ffff c0000201"));
          }
          until(() -> server.connectionCount() == 20);
          polls(10);

          assertThat(server.refusedCount()).isZero();
          assertThat(memory.largest()).isLessThan(16 << 10);
          for (Socket socket : sockets) {
            socket.close();
          }
          until(() -> server.connectionCount() == 0);
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void header_neverCompleted_isWaitedForUntilTheTimeout(Transport transport) {
    SkippableTime.run(
        transport,
        time -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED
                      .withLimits(ServerLimits.NONE)
                      .withProxyProtocol(ProxyProtocol.DEFAULT.withHeaderTimeout(HOUR)));
          Socket silent = connect(server);
          Socket slow = connect(server);
          Socket good = connect(server);
          send(slow, TlsTest.ascii("PROXY "));
          send(good, v1(CLIENT));
          until(() -> server.connectionCount() == 3);
          polls(10);
          time.skip(HOUR.dividedBy(2));
          assertThat(server.connectionCount()).isEqualTo(3);

          time.skip(HOUR);

          until(() -> server.connectionCount() == 1);
          assertThat(server.refusedCount()).isEqualTo(2);
          send(good, HELLO);
          assertThat(offLoop(() -> answer(good))).isEqualTo(named(good, CLIENT, SERVER));
          silent.close();
          slow.close();
          good.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_endsItsOutputOrLeaves_isForgotten(Transport transport) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket ending = connect(server);
          Socket leaving = connect(server);
          until(() -> server.connectionCount() == 2);
          send(ending, TlsTest.ascii("PROXY "));
          ending.shutdownOutput();
          leaving.close();

          until(() -> server.connectionCount() == 0);
          assertThat(server.refusedCount()).isZero();
          ending.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void peer_notTrusted_isClosedBeforeItSendsAnything(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED.withProxyProtocol(
                      ProxyProtocol.DEFAULT.withTrusted("10.0.0.0/8", "127.0.0.2", "::1")));
          Socket socket = connect(server);

          assertThat(offLoop(() -> WirePipelineTest.endOf(socket))).isTrue();
          until(() -> server.connectionCount() == 0);
          assertThat(server.refusedCount()).isEqualTo(1);
          socket.close();
          TlsTest.end(server);
        });
  }

  @Test
  void trusted_addressesAndSubnets_areCompared() {
    var trust = Subnets.of(List.of("10.0.0.0/8", "fd00::1"), "trusted");

    assertThat(trust.includes(new InetSocketAddress("10.255.0.1", 1))).isTrue();
    assertThat(trust.includes(new InetSocketAddress("11.0.0.1", 1))).isFalse();
    assertThat(trust.includes(new InetSocketAddress("fd00::1", 1))).isTrue();
    assertThat(trust.includes(new InetSocketAddress("fd00::2", 1))).isFalse();
    assertThat(trust.includes(new DomainSocketAddress("/run/proxy"))).isTrue();
    var every = Subnets.of(ProxyProtocol.DEFAULT.trusted(), "trusted");
    assertThat(every.includes(CLIENT)).isTrue();
    assertThat(every.includes(CLIENT_6)).isTrue();
  }

  /// HAProxy does this several times a second; the body is not to blame.
  @ParameterizedTest
  @MethodSource("transports")
  void check_thatResetsTheConnection_isNotReportedAndAClientIs(Transport transport) {
    List<ExceptionContext> reports = new ArrayList<>();
    var lost = new AtomicInteger();
    run(
        transport,
        () -> {
          Loop.running().setExceptionHandler((_, report) -> reports.add(report));
          Server server =
              Streams.startServer(
                  (reader, _) -> {
                    try {
                      reader.read();
                    } catch (IOException reset) {
                      lost.incrementAndGet();
                      throw reset;
                    }
                  },
                  LOCAL,
                  0,
                  PROXIED);
          List<Function<Socket, byte[]>> headers =
              List.of(
                  _ -> binary("20 00 0000"),
                  _ -> line("PROXY UNKNOWN"),
                  socket -> v1((InetSocketAddress) socket.getLocalSocketAddress()),
                  _ -> v1(CLIENT));
          for (int i = 0; i < headers.size(); i++) {
            Socket socket = connect(server);
            send(socket, headers.get(i).apply(socket));
            until(() -> server.connectionCount() == 1);
            polls(5);
            Pipelines.reset(socket);
            int expected = i + 1;
            until(() -> lost.get() == expected && server.connectionCount() == 0);
            polls(2);
            assertThat(reports).hasSize(i / 3);
          }
          TlsTest.end(server);
        });
  }
}
