package io.loop.samples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DefaultDnsRecordEncoder;
import io.netty.handler.codec.dns.DnsPtrRecord;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;

/// A record that can be kept: Netty's records belong to a message, and end with it.
///
/// @param name whose record it is, with a dot at the end
/// @param type the type
/// @param timeToLive how long it may be kept, in seconds
/// @param data its data, without compressed names
@SuppressWarnings("ArrayRecordComponent") // never compared
record DnsEntry(String name, DnsRecordType type, long timeToLive, byte[] data) {

  private static final int FIXED_BYTES = 10; // type, class, time to live, length
  private static final int LONGEST_NAME = 255;
  private static final int SOA_NUMBERS = 5 * Integer.BYTES;
  private static final Names NAMES = new Names();

  /// Gives access to the encoder of names.
  private static final class Names extends DefaultDnsRecordEncoder {
    void write(String name, ByteBuf to) {
      try {
        encodeName(name, to);
      } catch (Exception invalid) {
        throw new IllegalArgumentException("not a name: " + name, invalid);
      }
    }
  }

  /// {@return a received record to keep; its names may be compressed, which is resolved}
  ///
  /// @throws IllegalArgumentException if its data is malformed
  static DnsEntry of(DnsRecord record) {
    byte[] data;
    try {
      data = data(record);
    } catch (RuntimeException malformed) {
      throw new IllegalArgumentException("malformed data of " + record, malformed);
    }
    return new DnsEntry(record.name(), record.type(), record.timeToLive(), data);
  }

  /// A received name may point into the message, so it has to be read while that is there.
  private static byte[] data(DnsRecord record) {
    if (!isName(record.name())) {
      throw new IllegalArgumentException("not a name");
    }
    if (record instanceof DnsPtrRecord pointer) {
      return wire(pointer.hostname());
    }
    ByteBuf content = ((DnsRawRecord) record).content();
    ByteBuf from = content.duplicate(); // of the whole message
    ByteBuf to = Unpooled.buffer();
    if (record.type().equals(DnsRecordType.MX)) {
      to.writeShort(from.readUnsignedShort());
      NAMES.write(DefaultDnsRecordDecoder.decodeName(from), to);
    } else if (record.type().equals(DnsRecordType.SOA)) {
      NAMES.write(DefaultDnsRecordDecoder.decodeName(from), to);
      NAMES.write(DefaultDnsRecordDecoder.decodeName(from), to);
      to.writeBytes(from, SOA_NUMBERS);
    } else {
      to.writeBytes(from); // Netty has resolved the name of CNAME and NS
    }
    return ByteBufUtil.getBytes(to);
  }

  /// {@return whether a name can be sent} A received one may have characters that Netty refuses.
  static boolean isName(String name) {
    try {
      return wire(name).length <= LONGEST_NAME;
    } catch (IllegalArgumentException invalid) {
      return false;
    }
  }

  /// {@return a name as it is sent}
  ///
  /// @throws IllegalArgumentException if it cannot be sent
  static byte[] wire(String name) {
    ByteBuf to = Unpooled.buffer();
    NAMES.write(name, to);
    return ByteBufUtil.getBytes(to);
  }

  /// {@return the name that the data of a CNAME consists of}
  String target() {
    return DefaultDnsRecordDecoder.decodeName(Unpooled.wrappedBuffer(data));
  }

  /// {@return how long the absence of a record may be kept, if this is the SOA of such an answer}
  long negativeTimeToLive() {
    long minimum = Unpooled.wrappedBuffer(data).getUnsignedInt(data.length - Integer.BYTES);
    return Math.min(timeToLive, minimum);
  }

  DnsEntry withTimeToLive(long seconds) {
    return new DnsEntry(name, type, seconds, data);
  }

  /// {@return a record to send}
  DnsRecord toRecord() {
    return new DefaultDnsRawRecord(name, type, timeToLive, Unpooled.wrappedBuffer(data));
  }

  /// {@return how many bytes it takes in a message}
  int size() {
    return wire(name).length + FIXED_BYTES + data.length;
  }
}
