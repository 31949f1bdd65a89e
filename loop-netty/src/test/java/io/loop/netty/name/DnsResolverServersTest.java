package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.base.Addresses;
import io.loop.netty.transport.Transport;
import io.loop.testing.CapturedLog;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Name servers that are slow, silent or strange, and those that want TCP.
class DnsResolverServersTest extends DnsResolverFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_serverOnIpv6_isReached(Transport transport) {
    try (var server = new NameServer("::1")) {
      server.on("a.test", 60, "192.0.2.1");
      server.on("big.test", DnsResolverServersTest::truncatedOverUdp);
      DnsResolver resolver = asking(server);

      run(
          transport,
          () -> {
            assertThat(look(resolver, "a.test")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "big.test")).containsExactly("192.0.2.9");
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_noAnswer_asksTwiceAndNamesTheServer(Transport transport) {
    try (var server = new NameServer()) {
      server.on("silent.test", _ -> {});
      DnsResolver resolver = asking(OPTIONS.withTimeouts(SHORT, PATIENCE), server);
      run(
          transport,
          () -> {
            fails(
                resolver,
                "silent.test",
                "silent.test: no answer from the name server "
                    + Addresses.text(server.address())
                    + " within 50 ms");
            until(() -> server.asked().size() == 4);
            assertThat(here(resolver).pending()).isZero();
          });
      assertThat(server.asked())
          .containsExactlyInAnyOrder(
              "A silent.test.", "AAAA silent.test.", "A silent.test.", "AAAA silent.test.");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_packetIsLost_asksAgain(Transport transport) {
    try (var server = new NameServer()) {
      var count = new AtomicInteger();
      server.on(
          "lossy.test",
          asked -> {
            if (count.incrementAndGet() > 2) {
              asked.answer(60, "192.0.2.1");
            }
          });
      DnsResolver resolver = asking(OPTIONS.withTimeouts(LONGER, PATIENCE), server);

      run(transport, () -> assertThat(look(resolver, "lossy.test")).containsExactly("192.0.2.1"));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_takesTooLong_failsAtTheTotalLimit(Transport transport) {
    try (var server = new NameServer()) {
      server.on("silent.test", _ -> {});
      DnsResolver resolver = asking(OPTIONS.withTimeouts(PATIENCE, SHORT), server);
      run(
          transport,
          () -> {
            fails(resolver, "silent.test", "silent.test: no answer within 50 ms");
            assertThat(here(resolver).pending()).isZero();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_firstServerFails_asksTheSecond(Transport transport) {
    try (var first = new NameServer();
        var second = new NameServer()) {
      first.on("a.test", asked -> asked.code(DnsResponseCode.SERVFAIL));
      first.on("b.test", _ -> {});
      second.on("a.test", 60, "192.0.2.1").on("b.test", 60, "192.0.2.2");
      DnsResolver resolver = asking(OPTIONS.withTimeouts(LONGER, PATIENCE), first, second);
      run(
          transport,
          () -> {
            assertThat(look(resolver, "a.test")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "b.test")).containsExactly("192.0.2.2");
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_truncatedAnswer_continuesOverTcp(Transport transport) {
    try (var server = new NameServer()) {
      String[] many =
          IntStream.range(0, 1_000)
              .mapToObj(i -> "10.0." + i / 250 + "." + i % 250)
              .toArray(String[]::new);
      server.on(
          "big.test",
          asked -> {
            if (asked.isTcp()) {
              asked.answer(60, many);
            } else {
              asked.send(
                  asked.with(asked.response(), asked.name(), 60, many[0]).setTruncated(true));
            }
          });
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            assertThat(look(resolver, "big.test")).containsExactly(many);
            assertThat(here(resolver).remembered()).as("too large").isZero();
          });
      assertThat(server.asked()).contains("A big.test. tcp", "AAAA big.test. tcp");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_serverClosesTcp_takesTheTruncatedAnswer(Transport transport) {
    try (var server = new NameServer()) {
      server.on(
          "cut.test",
          asked -> {
            if (asked.isTcp()) {
              var _ = asked.channel().close();
            } else {
              asked.send(
                  asked.with(asked.response(), asked.name(), 60, "192.0.2.1").setTruncated(true));
            }
          });
      DnsResolver resolver = asking(server);

      run(transport, () -> assertThat(look(resolver, "cut.test")).containsExactly("192.0.2.1"));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_strangeAnswersFirst_areIgnored(Transport transport) {
    try (var server = new NameServer();
        var log = new CapturedLog("io.netty.resolver.dns")) {
      server.on(
          "odd.test",
          asked -> {
            asked.sendGarbage();
            asked.sendGarbage((byte) 1);
            asked.sendGarbage(new byte[40]);
            byte[] wild = new byte[200];
            Arrays.fill(wild, (byte) 0xff);
            wild[0] = (byte) (asked.id() >> 8);
            wild[1] = (byte) asked.id();
            asked.sendGarbage(wild);
            asked.send(
                asked.with(
                    asked.response(asked.id() ^ 1, asked.name()), asked.name(), 60, "6.6.6.6"));
            asked.send(asked.with(asked.response(asked.id(), "x.test."), "x.test.", 60, "6.6.6.6"));
            asked.answer(60, "192.0.2.1", "::1");
          });
      DnsResolver resolver = asking(server);

      run(
          transport,
          () ->
              assertThat(look(resolver, "odd.test"))
                  .containsExactly("192.0.2.1", "0:0:0:0:0:0:0:1"));

      assertThat(log.messages()).allMatch(line -> line.contains("mismatching DNS response"));
    }
  }
}
