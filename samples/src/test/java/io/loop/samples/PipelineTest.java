package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineTest {

  private static final int PATIENCE_SECONDS = 30;

  private PipelineFakeUpstream upstream;
  private HttpClient client;
  private Program gateway;
  private int port;

  @BeforeAll
  void start() throws IOException {
    upstream = new PipelineFakeUpstream();
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    gateway = start(upstream.address(), "--upstream-timeout", "2");
    port = gateway.readPort();
  }

  static Program start(String upstream, String... options) {
    String[] arguments = new String[options.length + 5];
    String[] first = {"pipeline", "--port", "0", "--upstream", upstream};
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(options, 0, arguments, first.length, options.length);
    return Program.start(RedisTest.FLAGS, arguments);
  }

  @AfterAll
  void end() throws Exception {
    client.close();
    gateway.terminate();
    assertThat(gateway.exitCode()).isZero();
    assertThat(gateway.errors()).isEmpty();
    gateway.close();
    upstream.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  @Test
  void request_isForwarded_withoutTheHeadersOfItsConnection() throws Exception {
    try (var socket = connect(port)) {
      send(
          socket,
          "POST /echo HTTP/1.1\r\nHost: example.org\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
              + "TE: trailers\r\nX-Two: 2\r\nContent-Length: 5\r\n\r\nhello");

      String answer = readAll(socket);

      assertThat(answer).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\nhello");
      assertThat(answer)
          .containsIgnoringCase("\r\nx-two: 2\r\n")
          .contains("POST /echo HTTP/1.1", "x-one: 1")
          .doesNotContainIgnoringCase("x-hop")
          .doesNotContainIgnoringCase("trailers")
          .doesNotContainIgnoringCase("example.org")
          .doesNotContainIgnoringCase("keep-alive: timeout");
    }
  }

  @Test
  void answer_saysHowLongItTook() throws Exception {
    HttpResponse<String> answer = get("/long");

    assertThat(answer.body()).hasSize(10_000);
    assertThat(answer.headers().firstValue("server-timing").orElse(""))
        .matches("total;dur=\\d+\\.\\d");
    assertThat(answer.headers().firstValue("via")).contains("1.1 loop");
  }

  @Test
  void longAnswer_isCompressed_ifTheClientCanRead() throws Exception {
    var wanted = request("/long").header("Accept-Encoding", "gzip").build();

    HttpResponse<byte[]> answer = client.send(wanted, BodyHandlers.ofByteArray());

    assertThat(answer.headers().firstValue("content-encoding")).contains("gzip");
    assertThat(answer.body()).hasSizeLessThan(1_000);
    try (var plain = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
      assertThat(plain.readAllBytes()).hasSize(10_000);
    }
  }

  @ParameterizedTest
  @CsvSource({"/missing, 404, none", "/nothing, 204, ''"})
  void statusOfTheUpstream_isThatOfTheAnswer(String path, int status, String body)
      throws Exception {
    HttpResponse<String> answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo(body);
  }

  @Test
  void head_hasTheLengthOfTheUpstream() throws Exception {
    var request = request("/head").method("HEAD", BodyPublishers.noBody()).build();

    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());

    assertThat(answer.headers().firstValue("content-length")).contains("1234");
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void requests_thatArriveTogether_areAnsweredInOrder() throws Exception {
    try (var socket = connect(port)) {
      send(
          socket,
          "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n"
              + "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo"
              + "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

      assertThat(readAll(socket))
          .containsSubsequence("HTTP/1.1 404", "none", "HTTP/1.1 200", "two", "HTTP/1.1 204");
    }
  }

  @Test
  void body_afterContinue_isForwarded() throws Exception {
    var request = request("/echo").expectContinue(true).POST(BodyPublishers.ofString("body"));

    assertThat(client.send(request.build(), BodyHandlers.ofString()).body()).endsWith("body");
  }

  @Test
  void clientThatGoesAway_endsTheRequestToTheUpstream() throws Exception {
    try (var socket = connect(port)) {
      send(socket, "GET /never/1 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(upstream.waiting().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/1");
    }

    assertThat(upstream.gone().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/1");
    // and long before the time limit
    try (var patient = start(upstream.address(), "--upstream-timeout", "600")) {
      Socket leaving = connect(patient.readPort());
      send(leaving, "GET /never/2 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(upstream.waiting().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/2");

      leaving.close();

      assertThat(upstream.gone().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/2");
    }
  }

  @Test
  void upstreamThatIsSlow_isGivenUp() throws Exception {
    HttpResponse<String> answer = get("/never/3");

    assertThat(answer.statusCode()).isEqualTo(504);
    assertThat(answer.body()).isEqualTo("504 Gateway Timeout\n");
    assertThat(upstream.waiting().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/3");
    assertThat(upstream.gone().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/3");
    assertThat(get("/missing").statusCode()).isEqualTo(404); // on the same connection
  }

  @Test
  void upstreamThatIsNotThere_isABadGateway() throws Exception {
    try (var bound = Program.keepPort()) {
      try (var other = start("http://127.0.0.1:" + bound.getLocalPort());
          var socket = connect(other.readPort())) {
        send(socket, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertThat(readAll(socket)).startsWith("HTTP/1.1 502 Bad Gateway");
      }
    }
  }

  @Test
  void upstreamThatGoesAndComesBack_isLoggedOnceEachTime() throws Exception {
    Socket bound = Program.keepPort();
    String down = "http://127.0.0.1:" + bound.getLocalPort();
    try (var other = start(down)) {
      int otherPort = other.readPort();
      for (int i = 0; i < 3; i++) {
        assertThat(status(otherPort)).isEqualTo(502);
      }
      int upstreamPort = bound.getLocalPort();
      bound.close();
      try (var back = new PipelineFakeUpstream(upstreamPort)) {
        assertThat(back.address()).isEqualTo(down);
        for (int i = 0; i < 3; i++) {
          assertThat(status(otherPort)).isEqualTo(404);
        }
      }
      other.terminate();
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors())
          .containsOnlyOnce(down + " is down: cannot connect")
          .containsOnlyOnce(down + " is up");
    }
  }

  private int status(int port) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/missing"));
    return client.send(request.build(), BodyHandlers.ofString()).statusCode();
  }

  @Test
  void sigterm_duringARequest_stillAnswersIt() throws Exception {
    try (var other = start(upstream.address(), "--upstream-timeout", "1", "--grace", "20");
        var socket = connect(other.readPort())) {
      send(socket, "GET /never/4 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(upstream.waiting().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/4");

      other.terminate();

      assertThat(readAll(socket)).startsWith("HTTP/1.1 504");
      assertThat(upstream.gone().poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/never/4");
      assertThat(other.exitCode()).isZero();
      assertThat(other.errors()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ftp://x", "127.0.0.1:80", "http:///x", "http://x/?a", "http://x/#a", "a b"})
  void upstream_thatIsNoServer_isRefused(String address) {
    var errors = new StringWriter();
    CommandLine commandLine = Samples.commandLine("pipeline").setErr(new PrintWriter(errors));

    assertThat(commandLine.execute("pipeline", "--upstream", address)).isEqualTo(2);
    assertThat(errors.toString())
        .startsWith("loop pipeline: --upstream must be http://HOST:PORT or ")
        .contains("not '" + address + "'")
        .hasLineCount(2);
  }

  static Socket connect(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_SECONDS * 1000);
    return socket;
  }

  static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }
}
