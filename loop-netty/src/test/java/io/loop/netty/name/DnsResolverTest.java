package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.base.Addresses;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Look-ups at a name server on the loopback interface, which answers in all the ways that there
/// are. Long, because the cases share their server.
class DnsResolverTest extends OnNetty {

  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONGER = Duration.ofSeconds(1); // an answer comes in less
  private static final DnsOptions OPTIONS =
      DnsOptions.DEFAULT.withSearchDomains(List.of(), 1).withTimeouts(PATIENCE, PATIENCE);

  private static DnsResolver asking(NameServer... servers) {
    return asking(OPTIONS, servers);
  }

  private static DnsResolver asking(DnsOptions options, NameServer... servers) {
    return new DnsResolver(
        options.withServers(
            Arrays.stream(servers).map(NameServer::address).toArray(InetSocketAddress[]::new)));
  }

  private static List<String> look(NameResolver resolver, String host) throws IOException {
    return resolver.resolve(host).stream().map(InetAddress::getHostAddress).toList();
  }

  private static DnsLookups here(DnsResolver resolver) {
    return Objects.requireNonNull(resolver.on(Loop.running()));
  }

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
  void resolve_serverOnIpv6_isReached(Transport transport) {
    try (var server = new NameServer("::1")) {
      server.on("a.test", 60, "192.0.2.1");
      server.on("big.test", DnsResolverTest::truncatedOverUdp);
      DnsResolver resolver = asking(server);

      run(
          transport,
          () -> {
            assertThat(look(resolver, "a.test")).containsExactly("192.0.2.1");
            assertThat(look(resolver, "big.test")).containsExactly("192.0.2.9");
          });
    }
  }

  private static void truncatedOverUdp(NameServer.Asked asked) {
    if (asked.isTcp()) {
      asked.answer(60, "192.0.2.9");
    } else {
      asked.send(asked.response().setTruncated(true));
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

  private static void fails(NameResolver resolver, String host, String message) {
    assertThatThrownBy(() -> resolver.resolve(host))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage(message);
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

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_answers_areRememberedAsTheOptionsSay(Transport transport) {
    try (var server = new NameServer()) {
      server.on("hour.test", 3_600, "192.0.2.1");
      server.on("zero.test", 0, "192.0.2.2");
      server.on("fail.test", asked -> asked.code(DnsResponseCode.SERVFAIL));
      server.on(
          "half.test",
          asked -> {
            if (asked.isFour()) {
              asked.answer(3_600, "192.0.2.3");
            } else {
              asked.code(DnsResponseCode.SERVFAIL);
            }
          });
      Duration hour = Duration.ofHours(1);
      DnsResolver all = asking(OPTIONS.withCache(10, Duration.ZERO, hour, hour), server);
      DnsResolver none = asking(OPTIONS.withCache(0, Duration.ZERO, hour, hour), server);
      DnsResolver least = asking(OPTIONS.withCache(10, hour, hour, Duration.ZERO), server);
      run(
          transport,
          () -> {
            for (int i = 0; i < 2; i++) {
              for (DnsResolver resolver : List.of(all, none, least)) {
                look(resolver, "hour.test");
                look(resolver, "zero.test");
                look(resolver, "half.test");
                assertThatThrownBy(() -> resolver.resolve("none.test"))
                    .hasMessageContaining("none.test");
                assertThatThrownBy(() -> resolver.resolve("fail.test"))
                    .hasMessageContaining("fail.test");
              }
            }
          });
      assertThat(server.asked()).isNotEmpty();
      assertThat(server.askedFor("hour.test.")).as("1 + 2 + 1, twice each").isEqualTo(8);
      assertThat(server.askedFor("zero.test.")).as("2 + 2 + 1").isEqualTo(10);
      assertThat(server.askedFor("half.test.")).as("1 + 2 + 2").isEqualTo(10);
      assertThat(server.askedFor("none.test.")).as("1 + 2 + 2").isEqualTo(10);
      assertThat(server.askedFor("fail.test.")).as("2 + 2 + 2").isEqualTo(12);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_aThousandNames_isBounded(Transport transport) {
    try (var server = new NameServer()) {
      for (int i = 0; i < 1_000; i++) {
        server.on("n" + i + ".test", 60, "10.0." + i / 250 + "." + i % 250);
      }
      DnsResolver resolver =
          asking(OPTIONS.withCache(64, Duration.ZERO, PATIENCE, PATIENCE), server);
      run(
          transport,
          () -> {
            List<Task<List<String>>> tasks = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
              String host = "n" + i + ".test";
              tasks.add(Asyncio.createTask(() -> look(resolver, host)));
            }
            for (int i = 0; i < 1_000; i++) {
              assertThat(tasks.get(i).await()).containsExactly("10.0." + i / 250 + "." + i % 250);
            }
            assertThat(here(resolver).remembered()).isEqualTo(64);
            assertThat(here(resolver).pending()).isZero();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_manyBeyondTheLimit_waitAndLeaveTheQueue(Transport transport) {
    try (var server = new NameServer()) {
      int many = DnsLookups.MOST + 50;
      for (int i = 0; i < many; i++) {
        server.on("n" + i + ".test", _ -> {});
      }
      server.on("last.test", 60, "192.0.2.1");
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < many; i++) {
              String host = "n" + i + ".test";
              tasks.add(Asyncio.createTask(() -> look(resolver, host)));
            }
            Task<List<String>> last = Asyncio.createTask(() -> look(resolver, "last.test"));
            until(() -> server.asked().size() == 2 * DnsLookups.MOST);
            polls(5);
            assertThat(server.asked()).hasSize(2 * DnsLookups.MOST);
            assertThat(here(resolver).pending()).isEqualTo(many + 1);

            tasks.forEach(Task::cancel);

            assertThat(last.await()).containsExactly("192.0.2.1");
            for (Task<?> task : tasks) {
              assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            }
            assertThat(here(resolver).pending()).isZero();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_sameNameByMany_isOneLookupThatTheLastOneEnds(Transport transport) {
    try (var server = new NameServer()) {
      List<NameServer.Asked> held = new CopyOnWriteArrayList<>();
      server.on("shared.test", held::add);
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            Task<List<String>> one = Asyncio.createTask(() -> look(resolver, "shared.test"));
            Task<List<String>> two = Asyncio.createTask(() -> look(resolver, "shared.test"));
            until(() -> held.size() == 2);

            one.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledError.class);
            held.forEach(asked -> asked.answer(0, "192.0.2.1"));
            assertThat(two.await()).containsExactly("192.0.2.1");
            assertThat(server.asked()).hasSize(2);

            held.clear();
            Task<List<String>> three = Asyncio.createTask(() -> look(resolver, "shared.test"));
            until(() -> held.size() == 2);
            three.cancel();
            assertThatThrownBy(three::await).isInstanceOf(CancelledError.class);
            assertThat(here(resolver).pending()).isZero();
            until(() -> here(resolver).sockets() == 0);
            held.forEach(asked -> asked.answer(60, "6.6.6.6")); // too late
            polls(5);
            assertThat(here(resolver).remembered()).isZero();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_duringLookups_leavesNothing(Transport transport) {
    try (var server = new NameServer()) {
      server.on("silent.test", _ -> {});
      server.on(
          "big.test",
          asked -> {
            if (!asked.isTcp()) {
              asked.send(
                  asked
                      .with(asked.response(), asked.name(), 60, "192.0.2.1", "::1")
                      .setTruncated(true));
            }
          });
      DnsResolver resolver = asking(server);
      run(
          transport,
          () -> {
            Asyncio.createTask(() -> look(resolver, "silent.test"));
            Asyncio.createTask(() -> look(resolver, "big.test"));
            until(() -> server.asked().size() == 6);
          }); // the leak gate of the base class sees what is left
      assertThat(server.asked()).contains("A big.test. tcp", "AAAA big.test. tcp");
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
