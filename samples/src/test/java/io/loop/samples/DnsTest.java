package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsSection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DnsTest {

  static final String ZONE =
      """
      $ORIGIN example.org.
      $TTL 1h
      @        NS     ns            ; a comment
      ns       A      192.0.2.1
               AAAA   2001:db8::1
      www 300  CNAME  ns
      @        IN MX  10 mail.example.net.
      @        TXT    "v=spf1 -all" "a second; \\"string\\""
      out      CNAME  www.example.net.
      a.b      60 IN A 192.0.2.7
      round    CNAME  about
      about    CNAME  round
      """;

  @TempDir private static Path directory;

  private Program server;
  private int port;

  @BeforeAll
  void start() throws IOException {
    var zone = new StringBuilder(ZONE);
    for (int i = 0; i < 10; i++) {
      zone.append("medium TXT ").append("x".repeat(60)).append(i).append('\n');
    }
    for (int i = 0; i < 20; i++) {
      zone.append("large TXT ").append("x".repeat(60)).append(i).append('\n');
    }
    server = start("--zone", Files.writeString(directory.resolve("zone"), zone).toString());
    port = server.readPort();
  }

  @AfterAll
  void end() throws Exception {
    endsWell(server);
  }

  static Program start(String... options) {
    List<String> arguments = new ArrayList<>(List.of("dns", "--port", "0"));
    arguments.addAll(Arrays.asList(options));
    return Program.start(RedisTest.FLAGS, arguments.toArray(String[]::new));
  }

  static void endsWell(Program server) throws Exception {
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ns.example.org.|A|NOERROR aa ns.example.org. 3600 A 192.0.2.1",
        "NS.Example.ORG.|A|NOERROR aa ns.example.org. 3600 A 192.0.2.1",
        "ns.example.org.|AAAA|NOERROR aa ns.example.org. 3600 AAAA 2001:db8::1",
        "ns.example.org.|TXT|NOERROR aa",
        "example.org.|NS|NOERROR aa example.org. 3600 NS ns.example.org.",
        "example.org.|MX|NOERROR aa example.org. 3600 MX 10 mail.example.net.",
        "example.org.|TXT|NOERROR aa example.org. 3600 TXT [v=spf1 -all, a second; \"string\"]",
        "www.example.org.|A|NOERROR aa www.example.org. 300 CNAME ns.example.org."
            + " ns.example.org. 3600 A 192.0.2.1",
        "www.example.org.|CNAME|NOERROR aa www.example.org. 300 CNAME ns.example.org.",
        "out.example.org.|A|NOERROR aa out.example.org. 3600 CNAME www.example.net.",
        "a.b.example.org.|A|NOERROR aa a.b.example.org. 60 A 192.0.2.7",
        "b.example.org.|A|NOERROR aa",
        "nothing.example.org.|A|NXDOMAIN aa",
        "round.example.org.|A|SERVFAIL",
        "notexample.org.|A|REFUSED",
        "example.org.|ANY|NOTIMP",
      })
  void question_isAnsweredFromTheZone(String name, String type, String answer) throws IOException {
    try (var client = new DnsClient(port)) {
      assertThat(client.ask(name, type)).isEqualTo(answer);
    }
  }

  @Test
  void answer_thatIsTooLargeForTheClient_isTruncated() throws IOException {
    try (var client = new DnsClient(port)) {
      assertThat(client.ask("medium.example.org.", "TXT")).isEqualTo("NOERROR aa tc");
      assertThat(client.withRoom(1232).ask("medium.example.org.", "TXT"))
          .startsWith("NOERROR aa medium.example.org.")
          .contains("x9]");
      assertThat(client.withRoom(65_000).ask("large.example.org.", "TXT"))
          .isEqualTo("NOERROR aa tc");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "@ SOA a b 1 2 3 4 5|unknown type SOA",
        "a A 192.0.2.256|not an address of this type: 192.0.2.256",
        "a AAAA 192.0.2.1|not an address of this type: 192.0.2.1",
        "a A|an entry needs a type and data",
        "a.example.net. A 192.0.2.1|a.example.net. is not in the zone example.org.",
        "ns CNAME www|ns.example.org. has a CNAME, so it can have nothing else",
        "a..b A 192.0.2.1|not a name: a..b",
        "a TXT \"open|not understood: \"open",
        "a MX mail|expected a preference and a name, found [mail]",
        "$TTL soon|not a time: soon",
      })
  void zoneThatIsNotUnderstood_isOneLine(String line, String message) throws Exception {
    Path zone = Files.writeString(directory.resolve("broken"), ZONE + line);

    try (var broken = start("--zone", zone.toString())) {
      assertThat(broken.exitCode()).isEqualTo(1);
      assertThat(broken.errors())
          .isEqualToIgnoringNewLines("loop dns: " + zone + ":13: " + message);
    }
  }

  @Test
  void neitherZoneNorUpstream_isRefused() throws Exception {
    try (var useless = DnsTest.start(new String[0])) {
      assertThat(useless.exitCode()).isEqualTo(2);
      assertThat(useless.errors())
          .contains("loop dns: nothing to answer: give --zone or --upstream")
          .hasLineCount(2);
    }
  }

  @Test
  void compressedNames_areResolved() {
    String mx =
        "00018580000100010000000003"
            + "6e657400000f0001" // net., MX, IN
            + "c00c000f0001000000640009" // the same name, MX, IN, 100 seconds, 9 bytes
            + "000a046d61696cc00c"; // 10 mail.net.
    var decoder = new EmbeddedChannel(new DatagramDnsResponseDecoder());
    var nowhere = new InetSocketAddress(1);
    ByteBuf packet = Unpooled.wrappedBuffer(HexFormat.of().parseHex(mx));

    decoder.writeInbound(new DatagramPacket(packet, nowhere, nowhere));
    DatagramDnsResponse response = decoder.readInbound();
    DnsEntry kept = DnsEntry.of(response.<DnsRecord>recordAt(DnsSection.ANSWER));
    response.release();

    assertThat(kept.data()).asHexString().isEqualTo("000A046D61696C036E657400");
  }
}
