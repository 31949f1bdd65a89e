package io.loop.netty.name;

import io.loop.netty.base.Reasons;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the servers said about one name: how long it holds, and what went wrong. Loop thread only.
final class DnsFindings {

  private static final String TOO_MANY = "Exceeded max queries"; // Netty's

  private record Asked(String name, DnsRecordType type) {}

  private final Map<Asked, String> troubles = new LinkedHashMap<>();
  private long ttlSeconds = Long.MAX_VALUE;
  private boolean noDomain;
  private boolean noAddress;

  void trouble(DnsQuestion question, String reason) {
    troubles.put(key(question), reason);
  }

  void noDomain(DnsQuestion question) {
    noDomain = true;
    answered(question);
  }

  void noAddress(DnsQuestion question) {
    noAddress = true;
    answered(question);
  }

  void answered(DnsQuestion question) {
    troubles.remove(key(question));
  }

  private static Asked key(DnsQuestion question) {
    return new Asked(question.name(), question.type());
  }

  /// Notes how long an address or an alias holds; the shortest time counts.
  void holdsFor(long seconds) {
    ttlSeconds = Math.min(ttlSeconds, Math.max(0, seconds));
  }

  /// {@return the answer with addresses} If a server did not answer one of the questions, addresses
  /// may be missing, and the answer is not remembered for longer than a failure would be.
  DnsAnswer found(List<InetAddress> addresses, DnsOptions options) {
    if (ttlSeconds == Long.MAX_VALUE) {
      return DnsAnswer.found(addresses, Duration.ZERO);
    }
    Duration most = options.maxTtl();
    if (!troubles.isEmpty()) {
      most = shorter(most, options.negativeTtl());
    }
    Duration said = Duration.ofSeconds(ttlSeconds);
    Duration wanted = said.compareTo(options.minTtl()) < 0 ? options.minTtl() : said;
    return DnsAnswer.found(addresses, shorter(wanted, most));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /// {@return the answer without addresses}
  ///
  /// @param cause Netty's exception
  DnsAnswer failed(Throwable cause, DnsOptions options) {
    boolean known = troubles.isEmpty() && (noDomain || noAddress);
    return DnsAnswer.failed(reason(cause), cause, known ? options.negativeTtl() : Duration.ZERO);
  }

  /// {@return why a look-up took too long}
  DnsAnswer late(Duration timeout) {
    String trouble = trouble();
    return DnsAnswer.failed(
        "no answer within "
            + timeout.toMillis()
            + " ms"
            + (trouble == null ? "" : " (" + trouble + ")"),
        null,
        Duration.ZERO);
  }

  private String reason(Throwable cause) {
    String trouble = trouble();
    if (trouble != null) {
      return trouble;
    }
    if (String.valueOf(cause.getMessage()).contains(TOO_MANY)) {
      return "it takes too many queries; an alias may refer to itself";
    }
    if (noAddress) {
      return "the name has no address";
    }
    if (noDomain) {
      return "no such name";
    }
    return Reasons.of(cause.getCause() == null ? cause : cause.getCause());
  }

  private @Nullable String trouble() {
    return troubles.isEmpty() ? null : troubles.values().iterator().next();
  }
}
