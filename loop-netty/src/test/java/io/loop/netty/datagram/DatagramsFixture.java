package io.loop.netty.datagram;

import io.loop.netty.OnNetty;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;

/// Endpoints on the loopback interface, and packets for them.
abstract class DatagramsFixture extends OnNetty {

  static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.ofLiteral(ownAddress(1)), 0);

  static final Duration TICK = Duration.ZERO;

  static DatagramEndpoint open() throws IOException {
    return Datagrams.createDatagramEndpoint(ANY_PORT, null);
  }

  static DatagramEndpoint connectTo(DatagramEndpoint peer) throws IOException {
    return Datagrams.createDatagramEndpoint(null, peer.localAddress());
  }

  static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static String textOf(Datagram packet) {
    return new String(packet.data(), StandardCharsets.US_ASCII);
  }

  static DatagramEndpoint closed(DatagramEndpoint endpoint) {
    endpoint.close();
    endpoint.waitClosed();
    return endpoint;
  }
}
