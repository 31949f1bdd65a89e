package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Senders that break the rules; another client must not notice.
@Tag("slow")
class DnsHostileTest {

  @TempDir private Path directory;

  private Program server;
  private DnsFakeServer upstream;
  private DnsClient client;
  private int port;

  @BeforeEach
  void start() throws IOException {
    upstream = new DnsFakeServer((query, fake) -> {}); // never answers
    Path zone = Files.writeString(directory.resolve("zone"), DnsTest.ZONE);
    server =
        DnsTest.start(
            "--zone", zone.toString(), "--upstream", upstream.address(), "--max-open", "20");
    port = server.readPort();
    client = new DnsClient(port);
  }

  @AfterEach
  void end() throws Exception {
    try (var other = new DnsClient(port)) {
      assertThat(other.ask("ns.example.org.", "A")).endsWith("192.0.2.1");
    }
    client.close();
    DnsTest.endsWell(server);
    upstream.close();
  }

  @Test
  void partsOfAQuery_areIgnored() throws IOException {
    byte[] query = client.query("ns.example.org.", "A");

    for (int length = 0; length < query.length; length++) {
      client.sendBytes(Arrays.copyOf(query, length));
    }

    assertThat(client.ask("example.org.", "NS")).contains(" NS ");
  }

  @Test
  void noise_isIgnoredOrRefused() throws IOException {
    var random = new Random(7);
    byte[] query = client.withRoom(1232).query("ns.example.org.", "A");
    try (var noisy = new DnsClient(port)) {
      for (int i = 0; i < 3000; i++) {
        byte[] noise = new byte[random.nextInt(100)];
        random.nextBytes(noise);
        noisy.sendBytes(noise);
        byte[] almost = query.clone();
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
          almost[random.nextInt(almost.length)] = (byte) random.nextInt();
        }
        noisy.sendBytes(almost);
        if (i % 20 == 0) {
          assertThat(client.ask("ns.example.org.", "A")).endsWith("192.0.2.1");
        }
      }
    }
  }

  @Test
  void responses_areNotAnswered() throws IOException {
    byte[] response = client.query("ns.example.org.", "A");
    response[2] |= (byte) 0x80; // else two servers could talk to each other without end

    client.sendBytes(response);

    assertThat(client.ask("example.org.", "NS")).contains(" NS ");
  }

  @Test
  void nameThatPointsToItself_isIgnored() throws IOException {
    byte[] query = client.query("ns.example.org.", "A");
    query[12] = (byte) 0xc0;
    query[13] = 12;

    client.sendBytes(query);

    assertThat(client.ask("example.org.", "NS")).contains(" NS ");
  }

  @Test
  void queryWithoutAQuestion_orOfAnotherKind_isRefused() throws IOException {
    byte[] none = Arrays.copyOf(client.query("ns.example.org.", "A"), 12);
    none[5] = 0;
    client.sendBytes(none);
    assertThat(client.receive()).isEqualTo("FORMERR");

    byte[] update = client.query("ns.example.org.", "A");
    update[2] = 5 << 3;
    client.sendBytes(update);
    assertThat(client.receive()).isEqualTo("NOTIMP");

    byte[] chaos = client.query("ns.example.org.", "A");
    chaos[chaos.length - 1] = 3;
    client.sendBytes(chaos);
    assertThat(client.receive()).isEqualTo("REFUSED");
  }

  @Test
  void nameWithCharactersThatCannotBeSent_isRefused() throws IOException {
    byte[] query = client.query("ns.example.org.", "A");
    query[13] = 0;

    client.sendBytes(query);

    assertThat(client.receive()).isEqualTo("FORMERR");
  }

  @Test
  void manyClientsAtOnce_areAnswered() throws IOException {
    List<DnsClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) { // more could be lost while the server is cold
        var each = new DnsClient(port);
        clients.add(each);
        each.send("ns.example.org.", "A");
      }
      for (DnsClient each : clients) {
        assertThat(each.receive()).endsWith("192.0.2.1");
      }
    } finally {
      clients.forEach(DnsClient::close);
    }
  }

  @Test
  void senderThatNeverReads_doesNotHoldUpOthers() throws IOException {
    try (var deaf = new DnsClient(port)) {
      for (int i = 0; i < 5000; i++) {
        deaf.send("example.org.", "TXT");
        deaf.send("a" + i + ".example.net.", "A"); // waits for upstream, or is over the limit
        if (i % 50 == 0) {
          assertThat(client.ask("ns.example.org.", "A")).endsWith("192.0.2.1");
        }
      }
    }
  }
}
