package io.loop.samples;

import static io.loop.samples.PipelineTest.connect;
import static io.loop.samples.PipelineTest.readAll;
import static io.loop.samples.PipelineTest.send;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients and upstream servers that break the rules; another client must not notice.
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineHostileTest {

  private static final String REQUEST = "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n";

  private static final String LARGE_REQUEST = "GET /full HTTP/1.1\r\nHost: x\r\n\r\n";

  private PipelineFakeUpstream upstream;
  private Program gateway;
  private int port;

  @BeforeAll
  void start() throws IOException {
    upstream = new PipelineFakeUpstream();
    gateway =
        PipelineTest.start(
            upstream.address(),
            "--upstream-timeout",
            "2",
            "--max-body",
            "64",
            "--request-timeout",
            "1",
            "--idle-timeout",
            "4");
    port = gateway.readPort();
  }

  @AfterEach
  void othersAreServed() throws IOException {
    assertThat(exchange("GET /missing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 404");
    upstream.waiting().clear();
  }

  @AfterAll
  void end() throws Exception {
    gateway.terminate();
    assertThat(gateway.exitCode()).isZero();
    assertThat(gateway.errors()).isEmpty();
    gateway.close();
    upstream.close();
  }

  private String exchange(String request) throws IOException {
    try (var socket = connect(port)) {
      send(socket, request);
      return readAll(socket);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/garbage, 502",
    "/half, 502",
    "/reset, 502",
    "/large, 502",
    "/endless, 502",
    "/never, 504",
  })
  void upstreamThatMisbehaves_isAnErrorOfItsOwn(String path, int status) throws IOException {
    try (var socket = connect(port)) {
      send(socket, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" + REQUEST);
      send(socket, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n");

      assertThat(readAll(socket))
          .startsWith("HTTP/1.1 " + status)
          .containsSubsequence("HTTP/1.1 404 Not Found", "HTTP/1.1 400 Bad Request");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET /\r\n\r\n",
        "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET @127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      })
  void brokenRequest_isRefused(String request) throws IOException {
    try (var socket = connect(port)) {
      send(socket, request);
      String answer = readAll(socket); // idle connections end too

      assertThat(answer).startsWith("HTTP/1.1 400 Bad Request");
      assertThat(upstream.waiting()).isEmpty();
    }
  }

  @Test
  void tooLargeBody_isRefused() throws IOException {
    String head = "POST /echo HTTP/1.1\r\nHost: x\r\n";
    String chunk = "8000\r\n" + "x".repeat(0x8000) + "\r\n";

    assertThat(exchange(head + "Content-Length: 65537\r\n\r\n" + "x".repeat(65_537)))
        .startsWith("HTTP/1.1 413");
    assertThat(exchange(head + "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
    assertThat(exchange(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(3)))
        .startsWith("HTTP/1.1 413");
    assertThat(
            exchange(
                head
                    + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + chunk.repeat(2)
                    + "0\r\n\r\n"))
        .startsWith("HTTP/1.1 502"); // it is echoed, and the answer is too large
  }

  @Test
  void oneByteAtATime_isAnswered() throws IOException {
    try (var socket = connect(port)) {
      socket.setTcpNoDelay(true);
      for (byte one : "GET /missing HTTP/1.0\r\n\r\n".getBytes(ISO_8859_1)) {
        socket.getOutputStream().write(one);
      }

      assertThat(readAll(socket)).startsWith("HTTP/1.1 404");
    }
  }

  @Test
  void slowBody_isRefused_andASilentConnectionClosed() throws IOException {
    assertThat(exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"))
        .startsWith("HTTP/1.1 408");
    assertThat(exchange("")).isEmpty();
    assertThat(exchange("GET /mis")).isEmpty();
  }

  @Test
  void halfARequest_andThenTheEnd_isNoRequest() throws Exception {
    try (var socket = connect(port)) {
      send(socket, "POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
      socket.shutdownOutput();

      assertThat(readAll(socket)).isEmpty();
    }
    assertThat(upstream.waiting().poll(200, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void moreRequestsAtOnceThanTheCodecTakes_areTheEnd() throws IOException {
    try (var socket = connect(port)) {
      send(socket, REQUEST.repeat(2_000));

      assertThat(readAll(socket).split("HTTP/1.1 404", -1)).hasSizeLessThan(2_000);
    } catch (SocketException reset) {
      // some requests were not read
    }
  }

  @Test
  void manyThatNeverReadOrReset_endTheirRequests() throws Exception {
    List<Socket> clients = new ArrayList<>();
    int resets = 0;
    for (int i = 0; i < 90; i++) {
      Socket client = connect(port);
      clients.add(client);
      if (i % 3 == 0) {
        send(client, LARGE_REQUEST.repeat(100)); // and never reads
      } else {
        send(client, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
      }
      if (i % 3 == 2) {
        assertThat(upstream.waiting().poll(30, TimeUnit.SECONDS)).isEqualTo("/never");
        client.setSoLinger(true, 0);
        client.close(); // a reset
        resets++;
      }
    }
    for (int i = 0; i < resets; i++) {
      assertThat(upstream.gone().poll(30, TimeUnit.SECONDS)).isEqualTo("/never");
    }

    for (Socket client : clients) {
      client.close();
    }
  }
}
