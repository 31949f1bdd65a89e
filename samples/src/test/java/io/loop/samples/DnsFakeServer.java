package io.loop.samples;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/// A DNS server that does what a test says.
final class DnsFakeServer implements AutoCloseable {

  /// Answers a query, any number of times.
  @FunctionalInterface
  interface Script {
    void answer(DatagramDnsQuery query, DnsFakeServer server) throws Exception;
  }

  private final DatagramSocket socket;
  private final Script script;
  private final AtomicInteger queries = new AtomicInteger();

  DnsFakeServer(Script script) throws IOException {
    this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    this.script = script;
    Thread.ofVirtual().start(this::run);
  }

  String address() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  /// {@return how many queries have arrived}
  int queries() {
    return queries.get();
  }

  private void run() {
    var packet = new DatagramPacket(new byte[2048], 2048);
    try {
      while (!socket.isClosed()) {
        socket.receive(packet);
        queries.incrementAndGet();
        var from = (InetSocketAddress) packet.getSocketAddress();
        var decoder = new EmbeddedChannel(new DatagramDnsQueryDecoder());
        decoder.writeInbound(
            new io.netty.channel.socket.DatagramPacket(
                Unpooled.copiedBuffer(packet.getData(), 0, packet.getLength()), from, from));
        DatagramDnsQuery query = decoder.readInbound();
        script.answer(query, this);
        query.release();
      }
    } catch (Exception fault) {
      if (!socket.isClosed()) {
        throw new IllegalStateException(fault);
      }
    }
  }

  /// {@return an answer with an address of the name that is asked for}
  static DatagramDnsResponse address(DatagramDnsQuery query, int seconds, String... addresses)
      throws IOException {
    DatagramDnsResponse response = response(query, DnsResponseCode.NOERROR);
    DnsQuestion question = response.recordAt(DnsSection.QUESTION);
    for (String address : addresses) {
      byte[] bytes = InetAddress.ofLiteral(address).getAddress();
      response.addRecord(
          DnsSection.ANSWER,
          new DefaultDnsRawRecord(
              question.name(), DnsRecordType.A, seconds, Unpooled.wrappedBuffer(bytes)));
    }
    return response;
  }

  static DatagramDnsResponse response(DatagramDnsQuery query, DnsResponseCode code) {
    var response =
        new DatagramDnsResponse(
            query.recipient(), query.sender(), query.id(), query.opCode(), code);
    response.addRecord(DnsSection.QUESTION, query.<DnsQuestion>recordAt(DnsSection.QUESTION));
    return response;
  }

  void send(DatagramDnsResponse response) throws IOException {
    send(response, socket);
  }

  /// Sends a response from another port than this server's.
  void sendFromElsewhere(DatagramDnsResponse response) throws IOException {
    try (var elsewhere = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      send(response, elsewhere);
    }
  }

  private static void send(DatagramDnsResponse response, DatagramSocket from) throws IOException {
    InetSocketAddress to = response.recipient();
    var encoder = new EmbeddedChannel(new DatagramDnsResponseEncoder());
    encoder.writeOutbound(response);
    io.netty.channel.socket.DatagramPacket packet = encoder.readOutbound();
    byte[] bytes = ByteBufUtil.getBytes(packet.content());
    packet.release();
    from.send(new DatagramPacket(bytes, bytes.length, to));
  }

  @Override
  public void close() {
    socket.close();
  }
}
