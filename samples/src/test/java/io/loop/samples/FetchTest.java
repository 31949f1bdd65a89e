package io.loop.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Fetches from a server that answers as the path says, also with what no server should send.
@Tag("slow")
class FetchTest {

  private static final String EMPTY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  private static final String HELLO_HASH =
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  private static final String PASSWORD = "only-in-a-test";

  @TempDir private Path directory;
  private ServerSocket listening;
  private final AtomicInteger connections = new AtomicInteger();
  private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();

  @BeforeEach
  void start() throws IOException {
    listening = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    serveAll(listening);
  }

  @AfterEach
  void end() throws IOException {
    listening.close();
  }

  private void serveAll(ServerSocket from) {
    var _ =
        Thread.startVirtualThread(() -> {
          try {
            for (; ; ) {
              Socket socket = from.accept();
              connections.incrementAndGet();
              Thread.startVirtualThread(() -> serve(socket));
            }
          } catch (IOException closed) {
            // the end of the test
          }
        });
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String path = line.split(" ", 3)[1];
        while (!line.isEmpty()) {
          line = in.readLine();
        }
        int count = requests.computeIfAbsent(path, _ -> new AtomicInteger()).incrementAndGet();
        if (!answer(socket, path, count)) {
          return;
        }
      }
    } catch (IOException | InterruptedException gone) {
      // the client may go whenever it wants to
    }
  }

  /// {@return whether to keep the connection}
  private static boolean answer(Socket socket, String path, int count)
      throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    String hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    switch (path) {
      case "/reset" -> socket.setSoLinger(true, 0);
      case "/silent" -> Thread.sleep(30_000);
      case "/half" ->
          out.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".getBytes(ISO_8859_1));
      case "/half-chunked" ->
          out.write(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"
                  .getBytes(ISO_8859_1));
      case "/half-head" -> out.write("HTTP/1.1 200 OK\r\nConte".getBytes(ISO_8859_1));
      case "/nonsense" -> out.write("SSH-2.0-OpenSSH_9.6\r\n\r\n".getBytes(ISO_8859_1));
      case "/long-head" ->
          out.write(("HTTP/1.1 200 OK\r\nA: " + "x".repeat(99_999)).getBytes(ISO_8859_1));
      case "/endless" -> {
        out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        for (int i = 0; i < 10_000; i++) {
          out.write(new byte[65_536]);
        }
      }
      case "/too-large" ->
          out.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".getBytes(ISO_8859_1));
      case "/dripping" -> {
        out.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n".getBytes(ISO_8859_1));
        for (int i = 0; i < 300; i++) {
          out.write('x');
          Thread.sleep(100);
        }
      }
      case "/waits-forever" -> {
        for (int i = 0; i < 3000; i++) {
          out.write("HTTP/1.1 102 Processing\r\n\r\n".getBytes(ISO_8859_1));
          Thread.sleep(10);
        }
      }
      case "/escape" ->
          out.write("HTTP/1.1 404 \u001B[2Jgone\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
      case "/until-the-end" -> out.write("HTTP/1.0 200 OK\r\n\r\nhello".getBytes(ISO_8859_1));
      case "/bytewise" -> {
        for (byte one : hello.getBytes(ISO_8859_1)) {
          out.write(one);
        }
        return true;
      }
      case "/third-time" -> {
        String status = count < 3 ? "503 Busy" : "200 OK";
        out.write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(ISO_8859_1));
        return true;
      }
      case "/one-more" -> {
        out.write((hello + hello.replace("hello", "false")).getBytes(ISO_8859_1));
        return true;
      }
      default -> {
        if (path.startsWith("/then-close")) { // without saying so
          out.write(hello.getBytes(ISO_8859_1));
          return false;
        }
        out.write(("HTTP/1.1 103 Early Hints\r\n\r\n" + hello).getBytes(ISO_8859_1));
        return true;
      }
    }
    return false;
  }

  private String url(String path) {
    return "http://127.0.0.1:" + listening.getLocalPort() + path;
  }

  /// What a run printed.
  private record Run(int code, List<String> lines, String errors) {

    String summary() {
      return lines.getLast();
    }
  }

  private Run fetch(String... arguments) throws Exception {
    String[] all = Stream.concat(Stream.of("fetch"), Stream.of(arguments)).toArray(String[]::new);
    try (var program = Program.start(RedisTest.FLAGS, all)) {
      List<String> lines = program.lines().toList();
      return new Run(program.exitCode(), lines, program.errors());
    }
  }

  @Test
  void manyUrls_useFewConnections_andAreAllFetched() throws Exception {
    Path input = directory.resolve("urls");
    Files.write(input, Stream.iterate(1, i -> i + 1).limit(300).map(i -> url("/" + i)).toList());

    Run run = fetch("--input", input.toString(), "--concurrency", "8", url("/first"));

    assertThat(run.code()).isZero();
    assertThat(run.errors()).isEmpty();
    assertThat(run.lines()).hasSize(302).contains(HELLO_HASH + " 5 " + url("/300"));
    assertThat(run.summary())
        .startsWith("urls=301 succeeded=301 failed=0 attempts=301 connections=8 bytes=1505 ")
        .doesNotContain("\u001B");
    assertThat(connections).hasValue(8);
  }

  @Test
  void output_getsACompleteFileForEachSuccess() throws Exception {
    Path output = directory.resolve("out");

    Run run =
        fetch(
            "--attempts",
            "1",
            "--output",
            output.toString(),
            url("/a?b"),
            url("/half"),
            url("/..%2f%2e"),
            url("/third-time"),
            url(""));

    assertThat(run.code()).isEqualTo(1);
    try (var files = Files.list(output)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("0001-a", "0003-.._2f_2e", "0005-index");
    }
    assertThat(output.resolve("0001-a")).hasContent("hello");
  }

  @Test
  void output_ofAnEmptyBody_isAnEmptyFile() throws Exception {
    Run run = fetch("--output", directory.toString(), url("/third-time"));

    assertThat(run.code()).isZero();
    assertThat(run.lines().getFirst()).isEqualTo(EMPTY_HASH + " 0 " + url("/third-time"));
    assertThat(run.summary()).contains("failed=0 attempts=3 connections=1 ");
    assertThat(directory.resolve("0001-third-time")).isEmptyFile();
  }

  @ParameterizedTest
  @CsvSource({"/until-the-end", "/bytewise", "/one-more"})
  void oddAnswer_isTakenAsItIs(String path) throws Exception {
    Run run = fetch("--concurrency", "1", url(path), url("/next"));

    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .startsWith(HELLO_HASH + " 5 " + url(path), HELLO_HASH + " 5 " + url("/next"));
  }

  @Test
  void connectionsThatTheServerCloses_costNoAttempt() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--attempts", "1", "--concurrency", "2"));
    for (int i = 0; i < 20; i++) {
      arguments.add(url("/then-close" + i));
    }

    Run run = fetch(arguments.toArray(String[]::new));

    assertThat(run.errors()).isEmpty();
    assertThat(run.summary()).startsWith("urls=20 succeeded=20 failed=0 attempts=20 ");
  }

  @ParameterizedTest
  @CsvSource({
    "/reset, 2, reset",
    "/silent, 2, the deadline passed",
    "/half, 2, closed before the end",
    "/half-chunked, 2, ''",
    "/half-head, 2, ''",
    "/dripping, 2, the deadline passed",
    "/waits-forever, 2, the deadline passed",
    "/nonsense, 1, not HTTP",
    "/long-head, 1, over a limit",
    "/endless, 1, more than 100000 bytes",
    "/too-large, 1, more than 100000 bytes",
    "/escape, 1, 404 Not Found"
  })
  void badAnswer_isAFailure_andIsTriedAgainIfThatMayHelp(String path, int attempts, String reason)
      throws Exception {
    Run run =
        fetch("--attempts", "2", "--timeout", "1", "--max-body", "100000", url(path), url("/good"));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .startsWith("failed: " + url(path) + ": ")
        .containsIgnoringCase(reason)
        .doesNotContain("\u001B")
        .hasLineCount(1);
    assertThat(run.lines()).contains(HELLO_HASH + " 5 " + url("/good"));
    assertThat(run.summary()).contains(" attempts=" + (attempts + 1) + " ");
  }

  @Test
  void terminated_reportsWhatThereIs_andLeavesNoPart() throws Exception {
    try (var program =
        Program.start(
            RedisTest.FLAGS,
            "fetch",
            "--output",
            directory.toString(),
            url("/good"),
            url("/dripping"))) {
      assertThat(program.readLine()).endsWith(url("/good"));
      program.terminate();

      assertThat(program.lines()).singleElement().asString().startsWith("urls=2 succeeded=1 ");
      assertThat(program.exitCode()).isEqualTo(143);
    }
    assertThat(directory).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void https_needsATrustedCertificateForTheHost() throws Exception {
    Path certificate = directory.resolve("certificate.pem");
    try (ServerSocket secure = tlsServer(certificate)) {
      serveAll(secure);
      String port = ":" + secure.getLocalPort();

      Run trusted = fetch("--ca", certificate.toString(), "https://localhost" + port + "/a");
      Run strange = fetch("https://localhost" + port + "/b");
      Run other = fetch("--ca", certificate.toString(), "https://127.0.0.1" + port + "/c");
      Run plain = fetch("--attempts", "1", "http://localhost" + port + "/d");

      assertThat(trusted.lines()).contains(HELLO_HASH + " 5 https://localhost" + port + "/a");
      assertThat(List.of(strange, other))
          .allSatisfy(run -> assertThat(run.summary()).contains("failed=1 attempts=1 "))
          .allSatisfy(run -> assertThat(run.errors()).hasLineCount(1));
      assertThat(plain.code()).isEqualTo(1);
      assertThat(requests).containsOnlyKeys("/a");
    }
  }

  @Test
  void https_answerWithoutLength_isWholeIfTlsHasEnded() throws Exception {
    Path certificate = directory.resolve("certificate.pem");
    try (ServerSocket secure = tlsServer(certificate)) {
      serveAll(secure);
      String url = "https://localhost:" + secure.getLocalPort() + "/until-the-end";

      Run run = fetch("--attempts", "1", "--ca", certificate.toString(), url);

      assertThat(run.errors()).isEmpty();
      assertThat(run.lines()).contains(HELLO_HASH + " 5 " + url);
    }
  }

  private static ServerSocket tlsServer(Path certificate) throws Exception {
    Path store = certificate.resolveSibling("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "self",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    String encoded =
        Base64.getMimeEncoder().encodeToString(keys.getCertificate("self").getEncoded());
    Files.writeString(
        certificate, "-----BEGIN CERTIFICATE-----\n" + encoded + "\n-----END CERTIFICATE-----\n");
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context
        .getServerSocketFactory()
        .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://127.0.0.1/, must begin with http",
    "nonsense, must begin with http",
    "http://, cannot fetch",
    "http://a:99999/, no valid host and port",
    "http://a b/, cannot fetch",
    "http://me:secret@127.0.0.1/, not supported"
  })
  void wrongUrl_isRefusedBeforeAnythingIsFetched(String wrong, String reason) throws Exception {
    Run run = fetch(url("/good"), wrong);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors()).contains(reason);
    assertThat(connections).hasValue(0);
  }
}
