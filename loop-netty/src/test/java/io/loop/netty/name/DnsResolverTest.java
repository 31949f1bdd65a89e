package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.base.Addresses;
import io.loop.netty.transport.Transport;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Look-ups at a name server on the loopback interface.
class DnsResolverTest extends DnsResolverFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_bothFamilies_areAskedForAndIpv4IsFirst(Transport transport) {
    try (var server = new NameServer()) {
      server.on("both.test", 60, "::2", "192.0.2.2", "::1", "192.0.2.1");
      server.on("six.test", 60, "2001:db8::6");
      server.on("four.test", 60, "192.0.2.4");
      DnsResolver resolver = asking(server);

      run(
          transport,
          () -> {
            assertThat(look(resolver, "both.test"))
                .containsExactly("192.0.2.2", "192.0.2.1", "0:0:0:0:0:0:0:2", "0:0:0:0:0:0:0:1");
            assertThat(look(resolver, "six.test")).containsExactly("2001:db8:0:0:0:0:0:6");
            assertThat(look(resolver, "Four.TEST")).containsExactly("192.0.2.4");
            assertThat(look(resolver, "four.test.")).containsExactly("192.0.2.4");
          });

      assertThat(server.asked()).contains("A both.test.", "AAAA both.test.");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_addressesHostsFileAndLocalhost_areNotAskedFor(
      Transport transport, @TempDir Path directory) throws IOException {
    Path file = directory.resolve("hosts");
    Files.writeString(file, "192.0.2.1 Own other\n::3 own # both\n");
    try (var server = new NameServer()) {
      var resolver = new DnsResolver(OPTIONS.withServers(server.address()), new HostsFile(file));
      run(
          transport,
          () -> {
            assertThat(look(resolver, "192.0.2.7")).containsExactly("192.0.2.7");
            assertThat(look(resolver, "::1")).containsExactly("0:0:0:0:0:0:0:1");
            assertThat(look(resolver, "own")).containsExactly("192.0.2.1", "0:0:0:0:0:0:0:3");
            assertThat(look(resolver, "OTHER.")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "localhost")).containsExactly("127.0.0.1", "0:0:0:0:0:0:0:1");
            assertThat(look(resolver, "a.localhost.")).contains("127.0.0.1");

            Files.writeString(file, "192.0.2.200 own\n");

            assertThat(look(resolver, "own")).containsExactly("192.0.2.200");
          });
      assertThat(server.asked()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_names_areSentInAsciiAndImpossibleOnesNot(Transport transport) {
    try (var server = new NameServer()) {
      server.on("xn--bcher-kva.test", 60, "192.0.2.1");
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            assertThat(look(resolver, "Bücher.test")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "bücher.test.")).containsExactly("192.0.2.1");
            for (String host :
                List.of("", ".", "a..b", "a b", "a\0b", "a".repeat(64), "a.".repeat(127) + "a")) {
              assertThatThrownBy(() -> resolver.resolve(host))
                  .isInstanceOf(UnknownHostException.class)
                  .hasMessageContaining(host.isEmpty() ? "empty" : host);
            }
          });
      assertThat(server.asked())
          .allMatch(question ->
              question.endsWith("AA xn--bcher-kva.test.")
                  || question.equals("A xn--bcher-kva.test."));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_failures_haveTheNameAndTheReason(Transport transport) {
    try (var server = new NameServer()) {
      String place = Addresses.text(server.address());
      server.on("empty.test", asked -> asked.send(asked.response()));
      server.on("fail.test", asked -> asked.code(DnsResponseCode.SERVFAIL));
      server.on("refuse.test", asked -> asked.code(DnsResponseCode.REFUSED));
      server.on(
          "ring.test",
          asked -> asked.send(asked.alias(asked.response(), "ring.test.", 60, "gnir.test")));
      server.on(
          "gnir.test",
          asked -> asked.send(asked.alias(asked.response(), "gnir.test.", 60, "ring.test")));
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            fails(resolver, "none.test", "none.test: no such name");
            fails(resolver, "empty.test", "empty.test: the name has no address");
            fails(
                resolver,
                "fail.test",
                "fail.test: the name server " + place + " answered ServFail");
            fails(
                resolver,
                "refuse.test",
                "refuse.test: the name server " + place + " answered Refused");
            fails(
                resolver,
                "ring.test",
                "ring.test: it takes too many queries; an alias may refer to itself");
            assertThat(here(resolver).pending()).isZero();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_aliases_areFollowedWithinAndAcrossAnswers(Transport transport) {
    try (var server = new NameServer()) {
      server.on(
          "chain.test",
          asked -> {
            DnsResponse answer = asked.response();
            asked.alias(answer, "chain.test.", 60, "b.test");
            asked.alias(answer, "b.test.", 60, "c.test");
            asked.send(asked.with(answer, "c.test.", 60, "192.0.2.1", "::1"));
          });
      server.on(
          "far.test",
          asked -> asked.send(asked.alias(asked.response(), "far.test.", 60, "near.test")));
      server.on("near.test", 60, "192.0.2.2");
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            assertThat(look(resolver, "chain.test"))
                .containsExactly("192.0.2.1", "0:0:0:0:0:0:0:1");
            assertThat(look(resolver, "far.test")).containsExactly("192.0.2.2");
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_searchDomains_areTriedByTheNumberOfDots(Transport transport) {
    try (var server = new NameServer()) {
      server.on("host.b.test", 3_600, "192.0.2.1");
      server.on("x.y", 3_600, "192.0.2.2");
      server.on("y.z.b.test", 3_600, "192.0.2.3");
      DnsResolver resolver =
          asking(OPTIONS.withSearchDomains(List.of("a.test", "b.test"), 1), server);
      run(
          transport,
          () -> {
            assertThat(look(resolver, "host")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "host")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "x.y")).containsExactly("192.0.2.2");
            assertThat(look(resolver, "y.z")).containsExactly("192.0.2.3");
            fails(resolver, "host.", "host.: no such name");
            fails(resolver, "none", "none: no such name");
          });
      assertThat(server.askedFor("host.b.test.")).isEqualTo(2);
      assertThat(server.askedFor("x.y.a.test.")).isZero();
      assertThat(server.askedFor("y.z.")).isEqualTo(2 * 3);
      assertThat(server.askedFor("none.")).isEqualTo(2 * 3);
    }
  }
}
