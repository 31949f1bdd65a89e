package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A cache before a server that does what a test says.
@Tag("slow")
class DnsUpstreamTest {

  @TempDir private Path directory;

  @Test
  void otherName_isAskedUpstreamOnce_untilItsTimeIsUp() throws Exception {
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              fake.send(DnsFakeServer.address(query, 1, "198.51.100.1"));
            });
        var cache = DnsTest.start("--upstream", upstream.address());
        var client = new DnsClient(cache.readPort())) {
      assertThat(client.ask("a.example.net.", "A"))
          .isEqualTo("NOERROR a.example.net. 1 A 198.51.100.1");
      assertThat(client.ask("A.example.net.", "A")).startsWith("NOERROR");
      assertThat(upstream.queries()).isEqualTo(1);

      while (upstream.queries() == 1) {
        client.ask("a.example.net.", "A");
      }
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void aliasOutOfTheZone_isFollowedUpstream() throws Exception {
    Path zone = Files.writeString(directory.resolve("alias"), DnsTest.ZONE);
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              fake.send(DnsFakeServer.address(query, 100, "198.51.100.1"));
            });
        var both = DnsTest.start("--upstream", upstream.address(), "--zone", zone.toString());
        var client = new DnsClient(both.readPort())) {
      String answer =
          "NOERROR aa out.example.org. 3600 CNAME www.example.net."
              + " www.example.net. 100 A 198.51.100.1";

      assertThat(client.ask("out.example.org.", "A")).isEqualTo(answer);
      assertThat(client.ask("out.example.org.", "A")).startsWith("NOERROR aa out.example.org.");
      assertThat(upstream.queries()).isEqualTo(1);
      assertThat(client.withoutRecursion().ask("b.example.net.", "A")).isEqualTo("REFUSED");
      DnsTest.endsWell(both);
    }
  }

  @Test
  void manyAskersOfOneName_shareAQuery() throws Exception {
    var allAsked = new CountDownLatch(1);
    Path zone = Files.writeString(directory.resolve("shared"), DnsTest.ZONE);
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              allAsked.await();
              fake.send(DnsFakeServer.address(query, 100, "198.51.100.1"));
            });
        var cache =
            DnsTest.start(
                "--upstream", upstream.address(), "--zone", zone.toString(), "--timeout", "20000");
        var client = new DnsClient(cache.readPort())) {
      for (int i = 0; i < 50; i++) {
        client.send("a.example.net.", "A");
      }
      assertThat(client.ask("ns.example.org.", "A")).contains("192.0.2.1"); // known, so it is first
      allAsked.countDown();

      for (int i = 0; i < 50; i++) {
        assertThat(client.receive()).isEqualTo("NOERROR a.example.net. 100 A 198.51.100.1");
      }
      assertThat(upstream.queries()).isEqualTo(1);
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void lostQuery_isRepeated() throws Exception {
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              if (fake.queries() == 3) {
                fake.send(DnsFakeServer.address(query, 100, "198.51.100.1"));
              }
            });
        var cache = DnsTest.start("--upstream", upstream.address(), "--timeout", "100");
        var client = new DnsClient(cache.readPort())) {
      assertThat(client.ask("a.example.net.", "A")).contains("198.51.100.1");
      assertThat(upstream.queries()).isEqualTo(3);
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void serverThatNeverAnswers_isAFailure_andMoreAskersThanAllowedFailAtOnce() throws Exception {
    try (var upstream = new DnsFakeServer((query, fake) -> {});
        var cache =
            DnsTest.start("--upstream", upstream.address(), "--timeout", "500", "--max-open", "5");
        var client = new DnsClient(cache.readPort())) {
      for (int i = 0; i < 8; i++) {
        client.send("a" + i + ".example.net.", "A");
      }
      for (int i = 0; i < 8; i++) {
        assertThat(client.receive()).isEqualTo("SERVFAIL");
      }

      assertThat(upstream.queries()).isEqualTo(5 * 3);
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void serverThatIsNotThere_isAFailure() throws Exception {
    String nobody;
    try (var closed = new DnsFakeServer((query, fake) -> {})) {
      nobody = closed.address();
    }
    try (var cache = DnsTest.start("--upstream", nobody);
        var client = new DnsClient(cache.readPort())) {
      assertThat(client.ask("a.example.net.", "A")).isEqualTo("SERVFAIL");
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void forgedAnswers_areIgnored() throws Exception {
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              DatagramDnsResponse wrongId = DnsFakeServer.address(query, 9, "203.0.113.1");
              fake.send(wrongId.setId(query.id() ^ 1));
              DatagramDnsResponse otherName = DnsFakeServer.address(query, 9, "203.0.113.2");
              otherName.setRecord(
                  DnsSection.QUESTION, new DefaultDnsQuestion("b.net.", DnsRecordType.A));
              fake.send(otherName);
              fake.sendFromElsewhere(DnsFakeServer.address(query, 9, "203.0.113.3"));
              fake.send(DnsFakeServer.address(query, 100, "198.51.100.1"));
            });
        var cache = DnsTest.start("--upstream", upstream.address());
        var client = new DnsClient(cache.readPort())) {
      assertThat(client.ask("a.example.net.", "A"))
          .isEqualTo("NOERROR a.example.net. 100 A 198.51.100.1");
      assertThat(upstream.queries()).isEqualTo(1);
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void absence_isKeptIfItsZoneSaysHowLong() throws Exception {
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              DatagramDnsResponse absent = DnsFakeServer.response(query, DnsResponseCode.NXDOMAIN);
              if (fake.queries() > 1) {
                ByteBuf soa = Unpooled.buffer().writeZero(2).writeZero(16).writeInt(100);
                absent.addRecord(
                    DnsSection.AUTHORITY,
                    new DefaultDnsRawRecord("net.", DnsRecordType.SOA, 100, soa));
              }
              fake.send(absent);
            });
        var cache = DnsTest.start("--upstream", upstream.address());
        var client = new DnsClient(cache.readPort())) {
      for (int i = 0; i < 4; i++) {
        assertThat(client.ask("a.example.net.", "A")).isEqualTo("NXDOMAIN");
      }
      assertThat(upstream.queries()).isEqualTo(2);
      DnsTest.endsWell(cache);
    }
  }

  @Test
  void fullCache_forgetsWhatWasNotUsedForLongest() throws Exception {
    try (var upstream =
            new DnsFakeServer((query, fake) -> {
              fake.send(DnsFakeServer.address(query, 100, "198.51.100.1"));
            });
        var cache = DnsTest.start("--upstream", upstream.address(), "--cache", "2");
        var client = new DnsClient(cache.readPort())) {
      for (String name : List.of("a.", "b.", "a.", "c.", "a.", "b.")) {
        assertThat(client.ask(name, "A")).startsWith("NOERROR");
      }

      assertThat(upstream.queries()).isEqualTo(4); // a, b, c, and b again
      DnsTest.endsWell(cache);
    }
  }
}
