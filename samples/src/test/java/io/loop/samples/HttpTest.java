package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class HttpTest {

  private static final int PATIENCE_MILLIS = 30_000;
  private static final int MEBIBYTE = 1 << 20;

  @TempDir private static Path directory;
  private static Program server;
  private static int port;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    Files.writeString(directory.resolve("secret.txt"), "secret");
    Files.writeString(root.resolve("index.html"), "<p>index</p>");
    Files.writeString(root.resolve("ten.txt"), "0123456789");
    Files.writeString(root.resolve("empty.txt"), "");
    Files.write(root.resolve("large.bin"), new byte[8 * MEBIBYTE]);
    Files.createDirectory(root.resolve("a b"));
    Files.writeString(root.resolve("a b").resolve("index.html"), "inner");
    Files.writeString(root.resolve(".hidden"), "secret");
    Files.createDirectory(root.resolve("a b").resolve(".git"));
    Files.writeString(root.resolve("a b").resolve(".git").resolve("config"), "secret");
    Files.createSymbolicLink(root.resolve("to-hidden"), root.resolve(".hidden"));
    Files.createSymbolicLink(root.resolve("out.txt"), directory.resolve("secret.txt"));
    Files.createSymbolicLink(root.resolve("out"), directory);
    Files.createSymbolicLink(root.resolve("in.txt"), root.resolve("ten.txt"));
    server =
        Program.start(
            List.of(
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m"),
            "http",
            "--port",
            "0",
            "--root",
            root.toString(),
            "--max-body",
            Integer.toString(4 * MEBIBYTE),
            "--request-timeout",
            "2",
            "--idle-timeout",
            "4");
    port = server.readPort();
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.terminate();
    assertThat(server.exitCode()).isZero();
    assertThat(server.errors()).doesNotContain("SEVERE", "WARNING");
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/, 200, <p>index</p>",
    "/ten.txt, 200, 0123456789",
    "/ten%2Etxt?query, 200, 0123456789",
    "/empty.txt, 200, ''",
    "/in.txt, 200, 0123456789",
    "/a%20b/, 200, inner",
    "/missing, 404, 404 Not Found",
    "/out.txt, 404, 404 Not Found",
    "/out/secret.txt, 404, 404 Not Found",
    "/%2e%2e/secret.txt, 404, 404 Not Found",
    "/a%20b/..%2f..%2fsecret.txt, 404, 404 Not Found",
    "/%00, 404, 404 Not Found",
    "/.hidden, 404, 404 Not Found",
    "/a%20b/%2Egit/config, 404, 404 Not Found",
    "/to-hidden, 404, 404 Not Found",
    "/a%20b, 301, 301 Moved Permanently",
    "/numbers?to=3, 200, '1\n2\n3'",
    "/numbers?to=x, 400, 400 Bad Request",
    "/count, 405, 405 Method Not Allowed"
  })
  void get_ofAPath_getsWhatIsThereAndNothingElse(String path, int status, String body)
      throws Exception {
    var answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body().strip()).isEqualTo(body);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=2-4, 206, 234, bytes 2-4/10",
    "bytes=7-, 206, 789, bytes 7-9/10",
    "bytes=-2, 206, 89, bytes 8-9/10",
    "bytes=5-99, 206, 56789, bytes 5-9/10",
    "bytes=10-, 416, 416 Requested Range Not Satisfiable, bytes */10",
    "bytes=-0, 416, 416 Requested Range Not Satisfiable, bytes */10",
    "'bytes=0-1,3-4', 200, 0123456789, ",
    "bytes=4-2, 200, 0123456789, ",
    "bytes=-, 200, 0123456789, "
  })
  void get_ofARange_getsItsBytes(String range, int status, String body, String described)
      throws Exception {
    var answer = get("/ten.txt", "Range", range);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body().strip()).isEqualTo(body);
    assertThat(answer.headers().firstValue("Content-Range").orElse(null)).isEqualTo(described);
  }

  @Test
  void get_ofWhatTheClientHas_isNotSentAgain() throws Exception {
    String modified = get("/ten.txt").headers().firstValue("Last-Modified").orElseThrow();

    assertThat(get("/ten.txt", "If-Modified-Since", modified).statusCode()).isEqualTo(304);
    assertThat(get("/ten.txt", "If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT").statusCode())
        .isEqualTo(200);
  }

  @Test
  void post_ofALargeBody_isCountedAndHashed() throws Exception {
    byte[] body = new byte[3 * MEBIBYTE];
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));

    var answer =
        client.send(
            HttpRequest.newBuilder(uri("/count"))
                .expectContinue(true)
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofString());

    assertThat(answer.body()).isEqualTo(body.length + " bytes, SHA-256 " + hash + "\n");
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder() throws Exception {
    String answers =
        exchange(
            String.join(
                "",
                "GET /numbers?to=2 HTTP/1.1\r\nHost: x\r\n\r\n",
                "HEAD /ten.txt HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /ten.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
                "GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));

    assertThat(answers)
        .containsSubsequence(
            "200 OK",
            "1\n2\n",
            "200 OK",
            "content-length: 10",
            "405 Method Not Allowed",
            "405 Method Not Allowed\n",
            "200 OK",
            "\r\n\r\n0123456789")
        .containsOnlyOnce("0123456789"); // HEAD has no body
  }

  @Test
  void moreRequestsAtOnceThanTheCodecTakes_endTheConnection() throws Exception {
    String request = "GET /ten.txt HTTP/1.1\r\nHost: x\r\n\r\n";
    try {
      assertThat(exchange(request.repeat(2_000)).split("200 OK", -1)).hasSizeLessThan(2_000);
    } catch (SocketException reset) {
      // some requests were not read
    }

    assertThat(get("/ten.txt").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "'nonsense\r\n\r\n', 400",
    "'GET / HTTP/1.1\r\n\r\n', 400",
    "'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400",
    "'GET /numbers?to=%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400",
    "'POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400",
    "'POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n', 413",
    "'GET / HT', 408",
    "'POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf', 408"
  })
  void badRequest_isRefusedAndTheConnectionEnds(String request, int status) throws Exception {
    assertThat(exchange(request)).startsWith("HTTP/1.1 " + status).contains("connection: close");
  }

  @Test
  void tooLongLineOrHeaders_areRefused() throws Exception {
    String much = "x".repeat(20_000);

    assertThat(exchange("GET /" + much + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 414");
    assertThat(exchange("GET / HTTP/1.1\r\nHost: x\r\nA: " + much + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
  }

  @Test
  void chunkedBody_beyondTheLimit_isRefused() throws Exception {
    String chunk = "100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n";

    assertThat(
            exchange(
                "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + chunk.repeat(5)
                    + "0\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
  }

  @Test
  void request_oneByteAtATime_isAnswered() throws Exception {
    try (var socket = connect()) {
      socket.setTcpNoDelay(true);
      for (byte one : "GET /ten.txt HTTP/1.0\r\n\r\n".getBytes(ISO_8859_1)) {
        socket.getOutputStream().write(one);
      }

      assertThat(readAll(socket)).endsWith("0123456789");
    }
  }

  @Test
  void manyThatNeverReadOrReset_endAndOthersAreServed() throws Exception {
    List<Socket> peers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      var peer = connect();
      peers.add(peer);
      String path = i % 3 == 0 ? "/large.bin" : "/numbers?to=90000000";
      peer.getOutputStream()
          .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(ISO_8859_1));
      if (i % 3 == 2) {
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close(); // a reset
      }
    }

    assertThat(get("/ten.txt").body()).isEqualTo("0123456789");
    for (Socket peer : peers) {
      peer.close();
    }
    assertThat(get("/ten.txt").body()).isEqualTo("0123456789");
  }

  private static HttpResponse<String> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private static Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static String exchange(String request) throws IOException {
    try (var socket = connect()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return readAll(socket);
    }
  }

  private static String readAll(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), ISO_8859_1);
  }
}
