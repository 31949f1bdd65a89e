package io.loop.samples;

import io.loop.samples.DnsAnswer.Question;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsOpCode;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetSocketAddress;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A query and its sender, without the buffers in which it arrived.
final class DnsRequest {

  private static final int HEADER_BYTES = 12;
  private static final int QUESTION_BYTES = 4; // type and class
  private static final int OPT_BYTES = 11;
  private static final int SMALLEST_ROOM = 512; // what every client can receive
  private static final int FIRST_SPECIAL_TYPE = 249; // transfers of zones, ANY, and others

  private final InetSocketAddress here;
  private final InetSocketAddress sender;
  private final int id;
  private final DnsOpCode opCode;
  private final boolean recursionDesired;
  private final @Nullable DnsQuestion question; // null if there is not exactly one that is valid
  private final boolean extended; // with an OPT record, see RFC 6891
  private final int room; // for the answer, in bytes

  DnsRequest(DatagramDnsQuery query) {
    here = query.recipient();
    sender = query.sender();
    id = query.id();
    opCode = query.opCode();
    recursionDesired = query.isRecursionDesired();
    question = query.count(DnsSection.QUESTION) == 1 ? question(query) : null;
    DnsRecord options =
        IntStream.range(0, query.count(DnsSection.ADDITIONAL))
            .<DnsRecord>mapToObj(index -> query.recordAt(DnsSection.ADDITIONAL, index))
            .filter(extra -> extra.type().equals(DnsRecordType.OPT))
            .findFirst()
            .orElse(null);
    extended = options != null;
    int largest = options == null ? SMALLEST_ROOM : options.dnsClass(); // an OPT's class is a size
    room = Math.clamp(largest, SMALLEST_ROOM, Dns.LARGEST_PACKET);
  }

  /// {@return the question, or null if its name could not be sent back}
  private static @Nullable DnsQuestion question(DatagramDnsQuery query) {
    DnsQuestion question = query.recordAt(DnsSection.QUESTION);
    return DnsEntry.isName(question.name()) ? question : null;
  }

  boolean isRecursionDesired() {
    return recursionDesired;
  }

  /// {@return why this cannot be answered, or null}
  @Nullable DnsResponseCode obstacle() {
    if (!opCode.equals(DnsOpCode.QUERY)) {
      return DnsResponseCode.NOTIMP;
    }
    if (question == null) {
      return DnsResponseCode.FORMERR;
    }
    if (question.dnsClass() != DnsRecord.CLASS_IN) {
      return DnsResponseCode.REFUSED;
    }
    int type = question.type().intValue();
    boolean special = type >= FIRST_SPECIAL_TYPE && type < 256;
    return special || question.type().equals(DnsRecordType.OPT) ? DnsResponseCode.NOTIMP : null;
  }

  /// {@return what is asked}
  ///
  /// @throws IllegalStateException if there is an obstacle
  Question question() {
    if (question == null) {
      throw new IllegalStateException("a query without a question");
    }
    return new Question(question.name(), question.type());
  }

  /// {@return the response}
  ///
  /// An answer that does not fit into a packet is left out, and the response is marked as
  /// truncated.
  ///
  /// @param answer the answer
  /// @param recursive whether this server asks others
  DatagramDnsResponse response(DnsAnswer answer, boolean recursive) {
    boolean truncated = answer.kind() == DnsAnswer.Kind.TRUNCATED || size(answer) > room;
    var response = new DatagramDnsResponse(here, sender, id, opCode, answer.code());
    response
        .setRecursionDesired(recursionDesired)
        .setRecursionAvailable(recursive)
        .setAuthoritativeAnswer(answer.kind() == DnsAnswer.Kind.ZONE)
        .setTruncated(truncated);
    if (question != null) {
      response.addRecord(DnsSection.QUESTION, question);
    }
    if (!truncated) {
      answer.answers().forEach(each -> response.addRecord(DnsSection.ANSWER, each.toRecord()));
      answer.authority().forEach(each -> response.addRecord(DnsSection.AUTHORITY, each.toRecord()));
    }
    if (extended) {
      response.addRecord(
          DnsSection.ADDITIONAL,
          new DefaultDnsRawRecord(
              ".", DnsRecordType.OPT, Dns.LARGEST_PACKET, 0, Unpooled.EMPTY_BUFFER));
    }
    return response;
  }

  private int size(DnsAnswer answer) {
    int asked = question == null ? 0 : DnsEntry.wire(question.name()).length + QUESTION_BYTES;
    int found =
        Stream.concat(answer.answers().stream(), answer.authority().stream())
            .mapToInt(DnsEntry::size)
            .sum();
    return HEADER_BYTES + asked + found + (extended ? OPT_BYTES : 0);
  }
}
