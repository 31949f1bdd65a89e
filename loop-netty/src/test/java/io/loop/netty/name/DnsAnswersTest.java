package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How long an answer is remembered, and how many are.
class DnsAnswersTest {

  private static final List<InetAddress> ONE = List.of(InetAddress.ofLiteral("192.0.2.1"));
  private static final DnsQuestion FOUR = new DefaultDnsQuestion("a.test.", DnsRecordType.A);
  private static final DnsQuestion SIX = new DefaultDnsQuestion("a.test.", DnsRecordType.AAAA);
  private static final DnsOptions OPTIONS =
      DnsOptions.DEFAULT.withCache(
          2, Duration.ofSeconds(5), Duration.ofSeconds(50), Duration.ofSeconds(7));

  private static DnsAnswer living(Duration life) {
    return DnsAnswer.found(ONE, life);
  }

  @Test
  void get_afterItsTime_hasForgotten() {
    var answers = new DnsAnswers(10);
    long start = Long.MAX_VALUE - 5; // the clock wraps
    answers.put("a", living(Duration.ofNanos(10)), start);

    assertThat(answers.get("a", start + 9)).isNotNull();
    assertThat(answers.get("a", start + 10)).isNull();
    assertThat(answers.size()).isZero();
  }

  @Test
  void put_beyondTheBound_dropsTheLeastRecentlyUsed() {
    var answers = new DnsAnswers(2);
    answers.put("a", living(Duration.ofSeconds(1)), 0);
    answers.put("b", living(Duration.ofSeconds(1)), 0);
    var _ = answers.get("a", 0);
    answers.put("c", living(Duration.ofSeconds(1)), 0);

    assertThat(answers.get("a", 0)).isNotNull();
    assertThat(answers.get("b", 0)).isNull();
    assertThat(answers.size()).isEqualTo(2);
  }

  @Test
  void put_noTimeOrTooManyAddresses_isNotRemembered() {
    var answers = new DnsAnswers(10);
    answers.put("a", living(Duration.ZERO), 0);
    answers.put(
        "b",
        DnsAnswer.found(
            Collections.nCopies(DnsAnswers.MOST_ADDRESSES + 1, ONE.getFirst()),
            Duration.ofSeconds(1)),
        0);

    assertThat(answers.size()).isZero();
  }

  @Test
  void found_shortestTimeOfTheServer_isKeptWithinTheBounds() {
    assertThat(lifeAfter(30, 20, 40)).isEqualTo(Duration.ofSeconds(20));
    assertThat(lifeAfter(0)).isEqualTo(Duration.ofSeconds(5));
    assertThat(lifeAfter(Long.MAX_VALUE - 1)).isEqualTo(Duration.ofSeconds(50));
    assertThat(lifeAfter()).isEqualTo(Duration.ZERO);
  }

  private static Duration lifeAfter(long... seconds) {
    var findings = new DnsFindings();
    for (long each : seconds) {
      findings.holdsFor(each);
    }
    return findings.found(ONE, OPTIONS).life();
  }

  @Test
  void found_whileOneFamilyHasNoAnswer_isRememberedAsBrieflyAsAFailure() {
    var findings = new DnsFindings();
    findings.holdsFor(30);
    findings.trouble(SIX, "no answer");

    assertThat(findings.found(ONE, OPTIONS).life()).isEqualTo(Duration.ofSeconds(7));

    findings.answered(SIX); // by the next server

    assertThat(findings.found(ONE, OPTIONS).life()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void failed_onlyIfTheServersSaidNo_isRemembered() {
    var cause = new UnknownHostException("Netty's text");
    var findings = new DnsFindings();
    findings.noDomain(FOUR);
    findings.noDomain(SIX);

    DnsAnswer no = findings.failed(cause, OPTIONS);
    findings.trouble(SIX, "the name server is ill");
    DnsAnswer unknown = findings.failed(cause, OPTIONS);

    assertThat(no.reason()).isEqualTo("no such name");
    assertThat(no.life()).isEqualTo(Duration.ofSeconds(7));
    assertThat(no.toRemember().cause()).isNull();
    assertThat(unknown.reason()).isEqualTo("the name server is ill");
    assertThat(unknown.life()).isZero();
  }
}
