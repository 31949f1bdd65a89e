package io.loop.netty.stream;

import io.loop.netty.OnNetty;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.Arguments;

/// What the tests of the PROXY protocol share: headers, and a server that names its peer.
abstract class ProxyTests extends OnNetty {

  static final String LOCAL = "127.0.0.1";

  static final ServerOptions PROXIED = ServerOptions.DEFAULT.withProxyProtocol();

  static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.1", 56324);

  static final InetSocketAddress SERVER = new InetSocketAddress("198.51.100.7", 443);

  static final InetSocketAddress CLIENT_6 = new InetSocketAddress("2001:db8::1", 56324);

  static final InetSocketAddress SERVER_6 = new InetSocketAddress("2001:db8::7", 443);

  static final byte[] HELLO = TlsTest.ascii("hello\n");

  static final String MAGIC = "0d0a0d0a000d0a515549540a";

  static byte[] binary(String afterMagic) {
    return HexFormat.of().parseHex(MAGIC + afterMagic.replace(" ", ""));
  }

  static byte[] line(String text) {
    return (text + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] v1(InetSocketAddress source) {
    String address = source.getAddress().getHostAddress();
    return line("PROXY TCP4 " + address + " 198.51.100.7 " + source.getPort() + " 443");
  }

  static byte[] unixHeader() {
    byte[] paths = new byte[216];
    System.arraycopy(TlsTest.ascii("/run/client"), 0, paths, 0, 11);
    System.arraycopy(TlsTest.ascii("/run/server"), 0, paths, 108, 11);
    return joined(binary("21 31 00d8"), paths);
  }

  static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  static Arguments header(byte[] bytes, @Nullable SocketAddress peer, @Nullable SocketAddress own) {
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

  static Stream<Arguments> crossed(Stream<Arguments> cases) {
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
  static void name(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] line = reader.readLine();
    writer.write(
        (writer.getExtraInfo("peername") + " " + writer.getExtraInfo("sockname") + "\n")
            .getBytes(StandardCharsets.UTF_8));
    writer.write(line);
  }

  static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  static void send(Socket socket, byte[] bytes) {
    offLoop(() -> {
      socket.getOutputStream().write(bytes);
      return true;
    });
  }

  static String named(Socket socket, @Nullable SocketAddress peer, @Nullable SocketAddress own) {
    return (peer == null ? socket.getLocalSocketAddress() : peer)
        + " "
        + (own == null ? socket.getRemoteSocketAddress() : own)
        + "\nhello\n";
  }

  static boolean endOf(StreamConnection connection) {
    try {
      return connection.reader().read().length == 0;
    } catch (IOException reset) {
      return true;
    }
  }
}
