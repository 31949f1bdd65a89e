package io.loop.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class Http2Test {

  private static final int MEBIBYTE = 1 << 20;
  private static final int NUMBERS = 500_000;
  private static final int NUMBERS_BYTES = 3_388_895;

  private static Program server;
  private static int port;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    server = Http2EndTest.start("--max-body", Integer.toString(2 * MEBIBYTE));
    port = server.readPort();
    client = client(HttpClient.Version.HTTP_2);
  }

  private static HttpClient client(HttpClient.Version version) throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TlsEchoTest.Anybody()}, new SecureRandom());
    return HttpClient.newBuilder().version(version).sslContext(context).build();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).isEmpty();
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/, 200, 'Hello over HTTP/2. POST to /count, GET /numbers?to=10'",
    "/numbers?to=3, 200, '1\n2\n3'",
    "/numbers?to=0, 200, ''",
    "/numbers?to=x, 400, 400 Bad Request",
    "/numbers?to=999999999, 400, 400 Bad Request",
    "/missing, 404, 404 Not Found",
    "/count, 405, 405 Method Not Allowed"
  })
  void get_ofAPath_isAnsweredOverHttp2(String path, int status, String body) throws Exception {
    var answer = get(client, path);

    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body().strip()).isEqualTo(body);
    assertThat(answer.headers().firstValue("date")).isPresent();
  }

  @Test
  void head_hasNoBody() throws Exception {
    var answer = client.send(request("/").HEAD().build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-length")).contains("54");
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void wrongMethod_isToldWhichAreAllowed() throws Exception {
    var answer =
        client.send(
            request("/numbers").POST(BodyPublishers.ofString("x")).build(),
            BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).contains("GET, HEAD");
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, false", "1048576, false", "1048576, true"})
  void post_isCountedAndHashed(int length, boolean expectContinue) throws Exception {
    byte[] body = new byte[length];
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));

    var answer =
        client.send(
            request("/count")
                .expectContinue(expectContinue)
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofString());

    assertThat(answer.body()).isEqualTo(length + " bytes, SHA-256 " + hash + "\n");
  }

  @Test
  void trailers_endTheBody() throws Exception {
    try (var raw = Http2Client.connected(port)) {
      raw.post(1, "/count");
      raw.send(Http2Client.DATA, 0, 1, (byte) 'x');
      var trailers = new DefaultHttp2Headers().add("checksum", "1");
      raw.send(
          Http2Client.HEADERS,
          Http2Client.END_HEADERS | Http2Client.END_STREAM,
          1,
          raw.encode(trailers));

      assertThat(raw.answer(1).body()).startsWith("1 bytes, SHA-256 2d711642");
    }
  }

  @Test
  void manyStreamsOfOneConnection_areServedAtTheSameTime() throws Exception {
    String numbers =
        IntStream.rangeClosed(1, 2_000).mapToObj(n -> n + "\n").collect(Collectors.joining());
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      answers.add(client.sendAsync(request("/numbers?to=2000").build(), BodyHandlers.ofString()));
    }

    for (var answer : answers) {
      assertThat(answer.get().body()).isEqualTo(numbers);
    }
  }

  @Test
  void windowOfAStream_limitsWhatIsSentOnIt() throws Exception {
    try (var raw = Http2Client.connected(port, 1_000)) {
      raw.get(1, "/numbers?to=1000000");
      assertThat(received(raw, 1_000)).hasSize(1_000);

      raw.get(3, "/");
      assertThat(raw.answer(3).status()).isEqualTo("200"); // and nothing more on stream 1

      raw.send(Http2Client.WINDOW_UPDATE, 0, 1, Http2Client.number(500));
      assertThat(received(raw, 500)).hasSize(500);
    }
  }

  private static byte[] received(Http2Client raw, int length) throws IOException {
    var bytes = new ByteArrayOutputStream();
    while (bytes.size() < length) {
      bytes.writeBytes(ByteBufUtil.getBytes(raw.receive(Http2Client.DATA, 1).payload()));
    }
    return bytes.toByteArray();
  }

  @Test
  void downloadThatIsNotRead_leavesOtherStreamsAlone() throws Exception {
    var answer =
        client.send(request("/numbers?to=" + NUMBERS).build(), BodyHandlers.ofInputStream());
    try (InputStream slow = answer.body()) {
      assertThat(new String(slow.readNBytes(4), US_ASCII)).isEqualTo("1\n2\n");
      for (int i = 0; i < 20; i++) {
        assertThat(get(client, "/").statusCode()).isEqualTo(200);
      }

      assertThat(slow.readAllBytes()).hasSize(NUMBERS_BYTES - 4);
    }
  }

  @Test
  void resetOfAStream_leavesTheConnectionAlone() throws Exception {
    try (var raw = Http2Client.connected(port)) {
      raw.get(1, "/numbers?to=90000000");
      raw.receive(Http2Client.DATA, 1);
      raw.send(Http2Client.RESET, 0, 1, Http2Client.number(Http2Client.CANCEL));
      raw.get(3, "/");

      assertThat(raw.answer(3).status()).isEqualTo("200");
    }
  }

  @Test
  void clientWithoutHttp2_isServedWithHttp1() throws Exception {
    try (var old = client(HttpClient.Version.HTTP_1_1)) {
      var answer = get(old, "/numbers?to=2");

      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      assertThat(answer.body()).isEqualTo("1\n2\n");
    }
  }

  @Test
  void clientWithoutAlpn_isServedWithHttp1() throws Exception {
    try (var raw = new Http2Client(port)) {
      raw.sendBytes(
          "GET /numbers?to=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));

      assertThat(raw.readAll()).startsWith("HTTP/1.1 200 OK").contains("1\n2\n");
    }
  }

  private static HttpResponse<String> get(HttpClient from, String path) throws Exception {
    return from.send(request(path).build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path));
  }
}
