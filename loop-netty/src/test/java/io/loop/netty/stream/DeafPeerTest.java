package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.netty.Certificates;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server with little memory writes a gibibyte each to peers that never read.
@Tag("slow")
class DeafPeerTest {

  private static final int MIB = 1 << 20;
  private static final int DEAF_PEERS = 4;
  private static final int PATIENCE_SECONDS = 60;
  private static final SSLContext TRUSTING = trusting();

  private boolean tls;

  private static SSLContext trusting() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException fault) {
      throw new IllegalStateException(fault);
    }
  }

  /// The server, in a JVM of its own with a small heap and little direct memory.
  static final class FloodServer {

    private FloodServer() {}

    private static int mebibytes;

    public static void main(String... arguments) {
      try {
        Asyncio.run(() -> {
          Loop.running().setExceptionHandler(FloodServer::report);
          Server server =
              Streams.startServer(
                  FloodServer::serve, "127.0.0.1", 0, options(arguments.length > 0));
          System.out.println(server.localAddress().getPort());
          server.serveForever();
        });
      } catch (SystemExit asked) {
        System.exit(0);
      }
    }

    /// The connections that are cut off at the end say so; anything else is logged, and not
    /// expected.
    private static void report(Loop loop, ExceptionContext failure) {
      if (!(failure.exception() instanceof IOException)) {
        loop.defaultExceptionHandler(failure);
      }
    }

    private static ServerOptions options(boolean tls) {
      ServerOptions options = ServerOptions.DEFAULT.withGrace(Duration.ofSeconds(1));
      return tls ? options.withTls(Certificates.serverContext()) : options;
    }

    private static void serve(StreamReader reader, StreamWriter writer) throws IOException {
      String command = new String(reader.readLine(), StandardCharsets.US_ASCII);
      switch (command) {
        case "flood\n" -> flood(writer);
        case "memory\n" -> writer.write((memory() + "\n").getBytes(StandardCharsets.US_ASCII));
        default -> writer.write(command.getBytes(StandardCharsets.US_ASCII));
      }
      writer.drain();
    }

    private static void flood(StreamWriter writer) throws IOException {
      byte[] block = new byte[4 * MIB];
      for (int i = 0; i < 256; i++) {
        writer.write(block);
        writer.drain();
        mebibytes += 4;
      }
    }

    /// MiB of heap in use and of direct memory, and what was written so far.
    private static String memory() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      long heap = runtime.totalMemory() - runtime.freeMemory();
      long direct = PlatformDependent.usedDirectMemory();
      return heap / MIB + " " + direct / MIB + " " + mebibytes;
    }
  }

  /// With TLS, what Netty would encrypt ahead of the socket is direct memory (netty/netty#17304).
  @ParameterizedTest
  @ValueSource(strings = {"plain", "tls"})
  void flood_peersThatNeverRead_costsLittleAndOthersAreServed(String kind, @TempDir Path directory)
      throws Exception {
    tls = kind.equals("tls");
    Path errors = directory.resolve("errors");
    Process server = start(errors);
    List<Socket> deaf = new ArrayList<>();
    try {
      int port = Integer.parseInt(server.inputReader().readLine());
      for (int i = 0; i < DEAF_PEERS; i++) {
        deaf.add(open(port, "flood\n"));
      }
      int blocksBefore = -1;
      List<Integer> figures = List.of(0, 0, 0);
      while (blocksBefore != figures.get(2)) { // until every buffer on the way is full
        blocksBefore = figures.get(2);
        for (int i = 0; i < 25; i++) {
          assertThat(ask(port, "hello " + i + "\n")).isEqualTo("hello " + i);
        }
        figures = Arrays.stream(ask(port, "memory\n").split(" ")).map(Integer::parseInt).toList();
      }

      System.out.println(kind + " deaf peers: heap MiB, direct MiB, MiB written: " + figures);
      assertThat(figures.get(0)).isLessThan(96);
      assertThat(figures.get(1)).isLessThan(tls ? 6 : 64);
      assertThat(figures.get(2)).isLessThan(DEAF_PEERS * 100);
      server.destroy();
      assertThat(server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(server.exitValue()).isZero();
      assertThat(errors).isEmptyFile();
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
      server.destroyForcibly();
    }
  }

  private Process start(Path errors) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:MaxDirectMemorySize=128m",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                FloodServer.class.getName()));
    if (tls) {
      command.add("tls");
    }
    Process server = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .execute(server::destroyForcibly);
    return server;
  }

  private Socket open(int port, String command) throws IOException {
    var raw = new Socket(InetAddress.getLoopbackAddress(), port);
    Socket socket =
        tls ? TRUSTING.getSocketFactory().createSocket(raw, "localhost", port, true) : raw;
    socket.setSoTimeout(PATIENCE_SECONDS * 1000);
    socket.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private String ask(int port, String command) throws IOException {
    try (var socket = open(port, command);
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      return in.readLine();
    }
  }
}
