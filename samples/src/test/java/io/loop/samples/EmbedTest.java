package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class EmbedTest {

  private static Program server;
  private static URI address;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    server =
        Program.start(
            List.of(
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED"),
            "embed",
            "--port",
            "0");
    address = URI.create("http://127.0.0.1:" + server.readPort() + "/");
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.terminate();
    assertThat(server.exitCode()).isEqualTo(143);
    server.close();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void get_isGreeted() throws Exception {
    HttpResponse<String> response = send(HttpRequest.newBuilder(address));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("hello\n");
  }

  @Test
  void post_comesBack() throws Exception {
    String body = "x".repeat(500_000);

    HttpResponse<String> response =
        send(HttpRequest.newBuilder(address).POST(BodyPublishers.ofString(body)));

    assertThat(response.body()).isEqualTo(body);
  }

  @Test
  void put_isNotAllowed() throws Exception {
    assertThat(send(HttpRequest.newBuilder(address).PUT(BodyPublishers.noBody())).statusCode())
        .isEqualTo(405);
  }

  @Test
  void get_thatWaits_holdsUpNobody() {
    List<CompletableFuture<HttpResponse<String>>> waiting =
        IntStream.range(0, 50)
            .mapToObj(_ ->
                client.sendAsync(
                    HttpRequest.newBuilder(address.resolve("?delay=100")).build(),
                    BodyHandlers.ofString()))
            .toList();

    assertThat(waiting)
        .allSatisfy(response -> assertThat(response.join().statusCode()).isEqualTo(200));
  }
}
