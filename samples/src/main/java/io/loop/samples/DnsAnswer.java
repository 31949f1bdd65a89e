package io.loop.samples;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// What is known about a question.
///
/// @param code success, or why there is no success
/// @param kind where it comes from
/// @param answers the records that were asked for, after the aliases that lead to them
/// @param authority the SOA of the zone that does not have them, if there is one
record DnsAnswer(
    DnsResponseCode code, Kind kind, List<DnsEntry> answers, List<DnsEntry> authority) {

  /// Where an answer comes from.
  enum Kind {
    /// The zone file.
    ZONE,
    /// Another server, or this one because it found no answer.
    OTHER,
    /// Another server, whose answer was too large for a packet.
    TRUNCATED
  }

  /// A question of the class IN.
  ///
  /// @param name the name in lower case, with a dot at the end
  /// @param type the type of the records
  record Question(String name, DnsRecordType type) {
    Question(String name, DnsRecordType type) {
      this.name = name.toLowerCase(Locale.ROOT);
      this.type = type;
    }
  }

  static DnsAnswer failure(DnsResponseCode code) {
    return new DnsAnswer(code, Kind.OTHER, List.of(), List.of());
  }

  /// {@return what this alias leads to}
  ///
  /// @param target what is known about its target
  DnsAnswer followedBy(DnsAnswer target) {
    List<DnsEntry> all = Stream.concat(answers.stream(), target.answers.stream()).toList();
    Kind whose = target.kind == Kind.TRUNCATED ? target.kind : kind;
    return new DnsAnswer(target.code, whose, all, target.authority);
  }

  /// {@return how long this may be kept, in seconds; 0 if not at all}
  long timeToLive() {
    boolean negative =
        code.equals(DnsResponseCode.NXDOMAIN)
            || (code.equals(DnsResponseCode.NOERROR) && answers.isEmpty());
    if (kind == Kind.TRUNCATED || (!negative && !code.equals(DnsResponseCode.NOERROR))) {
      return 0;
    }
    Stream<Long> times = answers.stream().map(DnsEntry::timeToLive);
    if (negative) {
      List<Long> absence =
          authority.stream()
              .filter(entry -> entry.type().equals(DnsRecordType.SOA))
              .map(DnsEntry::negativeTimeToLive)
              .toList();
      times = Stream.concat(times, absence.isEmpty() ? Stream.of(0L) : absence.stream());
    }
    return times.min(Long::compare).orElse(0L);
  }

  /// {@return this answer when it is some seconds old}
  DnsAnswer aged(long seconds) {
    return new DnsAnswer(code, kind, aged(answers, seconds), aged(authority, seconds));
  }

  private static List<DnsEntry> aged(List<DnsEntry> entries, long seconds) {
    return entries.stream()
        .map(entry -> entry.withTimeToLive(Math.max(0, entry.timeToLive() - seconds)))
        .toList();
  }
}
