package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.Transport;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class UdpEchoTest {

  private static final List<String> FLAGS =
      List.of(
          "--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");

  static Stream<Transport> transports() {
    return Transport.available().stream();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void packets_ofAPlainSocket_comeBack(Transport transport) throws Exception {
    try (var server =
            Program.start(FLAGS, "udp-echo", "--port", "0", "--transport", transport.toString());
        var socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      socket.setSoTimeout(30_000);
      int port = server.readPort();

      for (int i = 0; i < 20; i++) {
        byte[] sent = ("packet " + i).getBytes(StandardCharsets.UTF_8);
        socket.send(new DatagramPacket(sent, sent.length, InetAddress.getLoopbackAddress(), port));
        var answer = new DatagramPacket(new byte[100], 100);
        socket.receive(answer);

        assertThat(answer.getData()).startsWith(sent);
        assertThat(answer.getLength()).isEqualTo(sent.length);
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }
}
