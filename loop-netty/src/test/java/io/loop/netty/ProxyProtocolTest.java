package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers behind proxies, and peers that are none.
class ProxyProtocolTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final ServerOptions PROXIED = ServerOptions.DEFAULT.withProxyProtocol();
  private static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.1", 56324);
  private static final InetSocketAddress SERVER = new InetSocketAddress("198.51.100.7", 443);
  private static final InetSocketAddress CLIENT_6 = new InetSocketAddress("2001:db8::1", 56324);
  private static final InetSocketAddress SERVER_6 = new InetSocketAddress("2001:db8::7", 443);
  private static final byte[] HELLO = TlsTest.ascii("hello\n");
  private static final String MAGIC = "0d0a0d0a000d0a515549540a";

  @TempDir Path directory;

  private static byte[] binary(String afterMagic) {
    return HexFormat.of().parseHex(MAGIC + afterMagic.replace(" ", ""));
  }

  private static byte[] line(String text) {
    return (text + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] v1(InetSocketAddress source) {
    String address = source.getAddress().getHostAddress();
    return line("PROXY TCP4 " + address + " 198.51.100.7 " + source.getPort() + " 443");
  }

  private static byte[] unixHeader() {
    byte[] paths = new byte[216];
    System.arraycopy(TlsTest.ascii("/run/client"), 0, paths, 0, 11);
    System.arraycopy(TlsTest.ascii("/run/server"), 0, paths, 108, 11);
    return joined(binary("21 31 00d8"), paths);
  }

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static Arguments header(
      byte[] bytes, @Nullable SocketAddress peer, @Nullable SocketAddress own) {
    return Arguments.of(bytes, peer, own);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        header(v1(CLIENT), CLIENT, SERVER),
        header(line("PROXY TCP6 2001:db8::1 2001:db8::7 56324 443"), CLIENT_6, SERVER_6),
        header(line("PROXY UNKNOWN"), null, null),
        header(line("PROXY UNKNOWN 2001:db8::1 2001:db8::7 56324 443"), null, null),
        header(binary("21 11 000c c0000201 c6336407 dc04 01bb"), CLIENT, SERVER),
        header(
            binary(
                "21 21 0024 20010db8000000000000000000000001 20010db8000000000000000000000007"
                    + "dc04 01bb"),
            CLIENT_6,
            SERVER_6),
        header(
            unixHeader(),
            new DomainSocketAddress("/run/client"),
            new DomainSocketAddress("/run/server")),
        header(binary("20 00 0000"), null, null),
        header(binary("20 11 000c c0000201 c6336407 dc04 01bb"), null, null),
        header(binary("21 00 0003 010203"), null, null));
  }

  static Stream<Arguments> transportsAndHeaders() {
    return crossed(headers());
  }

  private static Stream<Arguments> crossed(Stream<Arguments> cases) {
    List<Arguments> all = cases.toList();
    return transports()
        .flatMap(transport ->
            all.stream()
                .map(each -> {
                  List<@Nullable Object> values = new ArrayList<>();
                  values.add(transport);
                  values.addAll(Arrays.asList(each.get()));
                  return Arguments.of(values.toArray());
                }));
  }

  /// Serves a connection: says who its peer is, and echoes.
  private static void name(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] line = reader.readLine();
    writer.write(
        (writer.getExtraInfo("peername") + " " + writer.getExtraInfo("sockname") + "\n")
            .getBytes(StandardCharsets.UTF_8));
    writer.write(line);
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static void send(Socket socket, byte[] bytes) {
    offLoop(() -> {
      socket.getOutputStream().write(bytes);
      return true;
    });
  }

  private static String named(
      Socket socket, @Nullable SocketAddress peer, @Nullable SocketAddress own) {
    return (peer == null ? socket.getLocalSocketAddress() : peer)
        + " "
        + (own == null ? socket.getRemoteSocketAddress() : own)
        + "\nhello\n";
  }

  @ParameterizedTest
  @MethodSource("transportsAndHeaders")
  void header_withTheFirstBytes_namesThePeerAndTheBytesFollow(
      Transport transport,
      byte[] header,
      @Nullable SocketAddress peer,
      @Nullable SocketAddress own) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket socket = connect(server);

          send(socket, joined(header, HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, peer, own));
          assertThat(server.refusedCount()).isZero();
          socket.close();
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transportsAndHeaders")
  void header_oneByteAtATime_namesThePeer(
      Transport transport,
      byte[] header,
      @Nullable SocketAddress peer,
      @Nullable SocketAddress own) {
    run(
        transport,
        () -> {
          Server server = Streams.startServer(ProxyProtocolTest::name, LOCAL, 0, PROXIED);
          Socket socket = connect(server);
          socket.setTcpNoDelay(true);
          for (byte each : header.length > 100 ? Arrays.copyOf(header, 40) : header) {
            send(socket, new byte[] {each});
            polls(1);
          }

          send(
              socket,
              joined(
                  header.length > 100 ? Arrays.copyOfRange(header, 40, header.length) : new byte[0],
                  HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, peer, own));
          socket.close();
          TlsTest.end(server);
        });
  }

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
    var trust = ProxyProtocol.Trust.of(ProxyProtocol.DEFAULT.withTrusted("10.0.0.0/8", "fd00::1"));

    assertThat(trust.includes(new InetSocketAddress("10.255.0.1", 1))).isTrue();
    assertThat(trust.includes(new InetSocketAddress("11.0.0.1", 1))).isFalse();
    assertThat(trust.includes(new InetSocketAddress("fd00::1", 1))).isTrue();
    assertThat(trust.includes(new InetSocketAddress("fd00::2", 1))).isFalse();
    assertThat(trust.includes(new DomainSocketAddress("/run/proxy"))).isTrue();
    var every = ProxyProtocol.Trust.of(ProxyProtocol.DEFAULT);
    assertThat(every.includes(CLIENT)).isTrue();
    assertThat(every.includes(CLIENT_6)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void limits_countThePeerInTheHeader(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  TlsTest::echo,
                  LOCAL,
                  0,
                  PROXIED.withLimits(ServerLimits.NONE.withConnections(10, 1)));
          ConnectionOptions one =
              ConnectionOptions.DEFAULT.withProxyProtocol(ProxyHeader.of(CLIENT, SERVER));
          StreamConnection first = TlsTest.open(server, one);
          first.writer().write(HELLO);
          first.reader().readLine();

          StreamConnection second = TlsTest.open(server, one);
          assertThat(endOf(second)).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          StreamConnection other =
              TlsTest.open(
                  server,
                  ConnectionOptions.DEFAULT.withProxyProtocol(
                      ProxyHeader.of(new InetSocketAddress("192.0.2.2", 1), SERVER)));
          other.writer().write(HELLO);
          assertThat(other.reader().readLine()).isEqualTo(HELLO);

          first.close();
          until(() -> server.connectionCount() == 1);
          StreamConnection third = TlsTest.open(server, one);
          third.writer().write(HELLO);
          assertThat(third.reader().readLine()).isEqualTo(HELLO);
          TlsTest.end(server, second, other, third);
        });
  }

  private static boolean endOf(StreamConnection connection) {
    try {
      return connection.reader().read().length == 0;
    } catch (IOException reset) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void limits_countConnectionsThatHaveNoHeaderYet(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED.withLimits(ServerLimits.NONE.withConnections(2, 2)));
          Socket first = connect(server);
          Socket second = connect(server);
          until(() -> server.connectionCount() == 2);
          Socket third = connect(server);

          assertThat(offLoop(() -> WirePipelineTest.endOf(third))).isTrue();
          assertThat(server.refusedCount()).isEqualTo(1);
          send(first, joined(v1(CLIENT), HELLO));
          assertThat(offLoop(() -> answer(first))).isEqualTo(named(first, CLIENT, SERVER));
          for (Socket socket : List.of(first, second, third)) {
            socket.close();
          }
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void server_endsWhileAHeaderIsAwaited_doesNotWaitForIt(Transport transport) {
    for (ServerOptions options : List.of(PROXIED, PROXIED.withTls(Certificates.serverContext()))) {
      run(
          transport,
          () -> {
            var started = new AtomicReference<@Nullable Server>();
            Task<?> serving =
                Asyncio.createTask(() -> {
                  Server server =
                      Streams.startServer(
                          ProxyProtocolTest::name, LOCAL, 0, options.withGrace(PATIENCE));
                  started.set(server);
                  server.serveForever();
                  return true;
                });
            until(() -> started.get() != null);
            Socket socket = connect(started.get());
            until(() -> started.get().connectionCount() == 1);

            serving.cancel();

            assertThatThrownBy(serving::await).isInstanceOf(CancelledError.class);
            assertThat(offLoop(() -> WirePipelineTest.endOf(socket))).isTrue();
            socket.close();
          });
    }
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

  @ParameterizedTest
  @MethodSource("transports")
  void header_onAUnixSocket_namesThePeer(Transport transport) {
    Path path = directory.resolve("server.sock");
    run(
        transport,
        () -> {
          Server server =
              Streams.startUnixServer(
                  ProxyProtocolTest::name,
                  path,
                  PROXIED.withProxyProtocol(ProxyProtocol.DEFAULT.withTrusted("10.0.0.0/8")));
          StreamConnection connection =
              Streams.openUnixConnection(
                  path,
                  ConnectionOptions.DEFAULT.withProxyProtocol(ProxyHeader.of(CLIENT, SERVER)));
          connection.writer().write(HELLO);

          assertThat(connection.reader().read())
              .asString()
              .isEqualTo(CLIENT + " " + SERVER + "\nhello\n");
          TlsTest.end(server, connection);
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

  @ParameterizedTest
  @MethodSource("transports")
  void handlersOfTheProgram_seeTheHeader(Transport transport) {
    List<Object> seen = new ArrayList<>();
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  ProxyProtocolTest::name,
                  LOCAL,
                  0,
                  PROXIED.withPipeline(pipeline ->
                      pipeline.addLast(
                          new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                              seen.add(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
                              context.fireChannelRead(message);
                            }
                          })));
          Socket socket = connect(server);
          send(socket, joined(v1(CLIENT), HELLO));

          assertThat(offLoop(() -> answer(socket))).isEqualTo(named(socket, CLIENT, SERVER));
          assertThat(seen.getFirst()).asString().startsWith("PROXY TCP4");
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
