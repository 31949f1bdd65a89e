package io.loop.samples;

import static io.loop.samples.SseClient.streaming;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SseTest {

  private Program server;
  private int port;
  private HttpClient http;

  @BeforeAll
  void start() throws IOException {
    server =
        Program.start(
            RedisTest.FLAGS, "sse", "--port", "0", "--interval", "20", "--history", "2000");
    port = server.readPort();
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  void end() throws Exception {
    http.close();
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  private HttpResponse<String> request(String method, String path, String... headers)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, BodyPublishers.noBody());
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return http.send(request.build(), BodyHandlers.ofString(UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, 200",
    "HEAD, /, 200",
    "POST, /, 405",
    "GET, /missing, 404",
    "HEAD, /events, 405",
    "GET, /callback?millis=1, 405",
    "POST, /callback, 400",
    "POST, /callback?millis=0, 400",
    "POST, /callback?millis=1001, 400",
    "POST, /coroutine?millis=x, 400",
  })
  void requests_getTheirStatus(String method, String path, int status) throws Exception {
    assertThat(request(method, path).statusCode()).isEqualTo(status);
  }

  @Test
  void requests_ofOtherSites_areRefused() throws Exception {
    var refused = request("POST", "/callback?millis=1000", "Origin", "http://other.example.org");

    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("--origin");
    assertThat(request("GET", "/events", "Origin", "null").statusCode()).isEqualTo(403);
  }

  @Test
  void events_comeWithGrowingIds() throws IOException {
    try (var client = streaming(port, "")) {
      assertThat(client.readEvent()).isEqualTo("retry: 1000");
      long last = 0;
      for (int i = 0; i < 100; i++) {
        String event = client.readEvent();
        assertThat(event).matches("id: \\d+\ndata: \\{\"lag\": \\d+\\.\\d\\d, \"tasks\": \\d+}");
        assertThat(SseClient.id(event)).isGreaterThan(last);
        last = SseClient.id(event);
      }
    }
  }

  @Test
  void clientThatComesBack_getsWhatItHasMissed() throws IOException {
    List<Long> ids = new ArrayList<>();
    try (var client = streaming(port, "")) {
      while (ids.size() < 60) {
        ids.add(client.readId());
      }
    }
    long missedFrom = ids.get(39);

    try (var again = streaming(port, Long.toString(missedFrom))) {
      for (long id : ids.subList(40, 60)) {
        assertThat(again.readId()).isEqualTo(id);
      }
      assertThat(again.readId()).isGreaterThan(ids.getLast());
    }
  }

  @ParameterizedTest
  @CsvSource({"''", "x", "-1", "99999999999999999999", "1"})
  void idThatIsNotKept_getsWhatIsKept(String id) throws IOException {
    try (var watching = streaming(port, "")) {
      for (int i = 0; i < 60; i++) {
        long _ = watching.readId();
      }
      long newest = watching.readId();

      try (var client = streaming(port, id)) {
        assertThat(client.readId()).isLessThan(newest);
      }
    }
  }

  @Test
  void history_isBounded() throws Exception {
    try (var other =
        Program.start(
            RedisTest.FLAGS, "sse", "--port", "0", "--interval", "20", "--history", "5")) {
      int otherPort = other.readPort();
      try (var watching = streaming(otherPort, "")) {
        List<Long> ids = new ArrayList<>();
        while (ids.size() < 60) {
          ids.add(watching.readId());
        }

        try (var client = streaming(otherPort, "1")) {
          assertThat(client.readId()).isGreaterThan(ids.get(50));
        }
      }
      other.terminate();
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors()).isEmpty();
    }
  }

  @Test
  void tasks_countTheStreams() throws IOException {
    try (var one = streaming(port, Long.toString(Long.MAX_VALUE / 10))) {
      int alone = SseClient.tasks(next(one));
      List<SseClient> more = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        more.add(streaming(port, ""));
      }

      int tasks = SseClient.tasks(next(one));
      while (tasks < alone + 20) {
        tasks = SseClient.tasks(next(one));
      }
      for (SseClient each : more) {
        each.close();
      }
      while (tasks > alone) {
        tasks = SseClient.tasks(next(one));
      }
    }
  }

  private static String next(SseClient client) throws IOException {
    String event = client.readEvent();
    while (!event.startsWith("id: ")) {
      event = client.readEvent();
    }
    return event;
  }

  @Test
  void blockingCall_inACallback_isSeenInTheLag_andTheNextOneHasToWait() throws Exception {
    try (var client = streaming(port, Long.toString(Long.MAX_VALUE / 10))) {
      String _ = next(client);

      HttpResponse<String> answer = request("POST", "/callback?millis=700");
      while (answer.statusCode() == 429) { // another test was here before
        answer = request("POST", "/callback?millis=700");
      }
      assertThat(answer.body()).isEqualTo("The loop stood still\n");
      assertThat(request("POST", "/callback?millis=700").statusCode()).isEqualTo(429);

      double lag = SseClient.lag(next(client));
      while (lag < 600) {
        lag = SseClient.lag(next(client));
      }
      assertThat(lag).isGreaterThan(600);
    }
  }

  @Test
  void blockingCall_inACoroutine_letsTheEventsGoOn() throws Exception {
    var events = new AtomicInteger();
    var meanwhile = new AtomicInteger();
    try (var client = streaming(port, Long.toString(Long.MAX_VALUE / 10))) {
      String _ = next(client);
      Thread blocking = Thread.startVirtualThread(() -> meanwhile.set(blockOnce(events)));

      while (blocking.isAlive()) {
        String _ = next(client);
        events.incrementAndGet();
      }
    }

    assertThat(meanwhile).hasValueGreaterThan(5); // of about 50
  }

  /// {@return how many events came during a blocking call}
  private int blockOnce(AtomicInteger events) {
    try {
      int status;
      do {
        events.set(0);
        status = request("POST", "/coroutine?millis=1000").statusCode();
      } while (status == 429); // another test was here before
      return events.get();
    } catch (Exception fault) {
      throw new IllegalStateException(fault);
    }
  }

  @Test
  void streamWithoutEvents_getsComments() throws Exception {
    try (var other =
        Program.start(
            RedisTest.FLAGS, "sse", "--port", "0", "--interval", "600000", "--heartbeat", "1")) {
      try (var client = streaming(other.readPort(), "")) {
        assertThat(client.readEvent()).isEqualTo("retry: 1000");
        assertThat(client.readEvent()).isEqualTo(": still here");
        assertThat(client.readEvent()).isEqualTo(": still here");
      }
      other.terminate();
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors()).isEmpty();
    }
  }

  @Test
  void http10_getsTheStreamWithoutChunks() throws IOException {
    try (var old = new SseClient(port)) {
      old.sendText("GET /events HTTP/1.0\r\nHost: localhost:" + port + "\r\n\r\n");

      assertThat(old.receiveHead().headers().contains("transfer-encoding")).isFalse();
      long first = old.readId();
      assertThat(old.readId()).isGreaterThan(first);
    }
  }

  @Test
  void sigterm_endsTheStreams() throws Exception {
    try (var other = Program.start(RedisTest.FLAGS, "sse", "--port", "0", "--interval", "20")) {
      int otherPort = other.readPort();
      try (var one = streaming(otherPort, "");
          var two = streaming(otherPort, "")) {
        long _ = one.readId();

        other.terminate();

        for (SseClient each : List.of(one, two)) {
          String event = each.readEvent();
          while (!event.equals("(end)")) {
            event = each.readEvent();
          }
          assertThatThrownBy(each::readEvent).isInstanceOf(EOFException.class);
        }
        assertThat(other.exitCode()).isZero();
        assertThat(other.errors()).isEmpty();
      }
    }
  }
}
