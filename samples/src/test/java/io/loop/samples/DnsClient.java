package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryEncoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsOpCode;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Asks the sample `dns` over a plain socket, and shows the answers as text.
final class DnsClient implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 30_000;

  private final DatagramSocket socket;
  private final InetSocketAddress server;
  private int id = 1000;
  private int room; // 0 for no OPT record
  private boolean recursionDesired = true;

  DnsClient(int port) throws IOException {
    socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(PATIENCE_MILLIS);
    server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /// Sends an OPT record from now on: how large answers may be.
  DnsClient withRoom(int bytes) {
    room = bytes;
    return this;
  }

  DnsClient withoutRecursion() {
    recursionDesired = false;
    return this;
  }

  /// {@return the answer: `NOERROR aa www.example.org. 300 A 192.0.2.1`, with the flags that are
  /// set}
  String ask(String name, String type) throws IOException {
    send(name, type);
    return receive();
  }

  void send(String name, String type) throws IOException {
    sendBytes(query(name, type));
  }

  byte[] query(String name, String type) {
    var query = new DatagramDnsQuery(null, server, ++id, DnsOpCode.QUERY);
    query.setRecursionDesired(recursionDesired);
    query.addRecord(DnsSection.QUESTION, new DefaultDnsQuestion(name, DnsRecordType.valueOf(type)));
    if (room > 0) {
      query.addRecord(
          DnsSection.ADDITIONAL,
          new DefaultDnsRawRecord(".", DnsRecordType.OPT, room, 0, Unpooled.EMPTY_BUFFER));
    }
    var encoder = new EmbeddedChannel(new DatagramDnsQueryEncoder());
    encoder.writeOutbound(query);
    io.netty.channel.socket.DatagramPacket packet = encoder.readOutbound();
    try {
      return ByteBufUtil.getBytes(packet.content());
    } finally {
      packet.release();
    }
  }

  void sendBytes(byte[] packet) throws IOException {
    socket.send(new DatagramPacket(packet, packet.length, server));
  }

  String receive() throws IOException {
    var packet = new DatagramPacket(new byte[65_536], 65_536);
    socket.receive(packet);
    return text(Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength()));
  }

  static String text(ByteBuf packet) {
    var decoder = new EmbeddedChannel(new DatagramDnsResponseDecoder());
    var nowhere = new InetSocketAddress(1);
    decoder.writeInbound(new io.netty.channel.socket.DatagramPacket(packet, nowhere, nowhere));
    DatagramDnsResponse response = decoder.readInbound();
    try {
      List<String> words = new ArrayList<>();
      words.add(response.code().toString().replaceAll("\\(.*", "").toUpperCase(Locale.ROOT));
      if (response.isAuthoritativeAnswer()) {
        words.add("aa");
      }
      if (response.isTruncated()) {
        words.add("tc");
      }
      for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
        words.add(text(response.<DnsRecord>recordAt(DnsSection.ANSWER, i)));
      }
      return String.join(" ", words);
    } finally {
      response.release();
    }
  }

  private static String text(DnsRecord record) {
    ByteBuf data = ((DnsRawRecord) record).content().duplicate();
    String text =
        switch (record.type().name()) {
          case "A", "AAAA" -> NetUtil.bytesToIpAddress(ByteBufUtil.getBytes(data));
          case "CNAME", "NS" -> DefaultDnsRecordDecoder.decodeName(data);
          case "MX" -> data.readUnsignedShort() + " " + DefaultDnsRecordDecoder.decodeName(data);
          case "TXT" -> strings(data);
          default -> "?";
        };
    return record.name() + " " + record.timeToLive() + " " + record.type().name() + " " + text;
  }

  private static String strings(ByteBuf data) {
    List<String> strings = new ArrayList<>();
    while (data.isReadable()) {
      strings.add(data.readCharSequence(data.readUnsignedByte(), ISO_8859_1).toString());
    }
    return strings.toString();
  }

  @Override
  public void close() {
    socket.close();
  }
}
