package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a resolver remembers, shares and leaves behind.
class DnsResolverMemoryTest extends DnsResolverFixture {

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
}
