package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.SystemExit;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A server with little memory writes a gibibyte each to peers that never read.
@Tag("slow")
class DeafPeerTest {

  private static final int MIB = 1 << 20;
  private static final int DEAF_PEERS = 4;
  private static final int PATIENCE_SECONDS = 60;

  /// The server, in a JVM of its own with a small heap and little direct memory.
  static final class FloodServer {

    private FloodServer() {}

    private static int blocks;

    public static void main(String... arguments) {
      try {
        Asyncio.run(() -> {
          Server server =
              Streams.startServer(
                  FloodServer::serve,
                  "127.0.0.1",
                  0,
                  ServerOptions.DEFAULT.withGrace(Duration.ofSeconds(1)));
          System.out.println(server.localAddress().getPort());
          server.serveForever();
        });
      } catch (SystemExit asked) {
        System.exit(0);
      }
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
      byte[] block = new byte[MIB];
      for (int i = 0; i < 1024; i++) {
        writer.write(block);
        writer.drain();
        blocks++;
      }
    }

    /// MiB of heap in use and of direct memory, and the blocks written so far.
    private static String memory() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      long heap = runtime.totalMemory() - runtime.freeMemory();
      long direct = PlatformDependent.usedDirectMemory();
      return heap / MIB + " " + direct / MIB + " " + blocks;
    }
  }

  @Test
  void flood_peersThatNeverRead_costsLittleAndOthersAreServed() throws Exception {
    Process server = start();
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
        for (int i = 0; i < 100; i++) {
          assertThat(ask(port, "hello " + i + "\n")).isEqualTo("hello " + i);
        }
        figures = Arrays.stream(ask(port, "memory\n").split(" ")).map(Integer::parseInt).toList();
      }

      System.out.println("deaf peers: heap MiB, direct MiB, MiB written: " + figures);
      assertThat(figures.get(0)).isLessThan(64);
      assertThat(figures.get(1)).isLessThan(64);
      assertThat(figures.get(2)).isLessThan(DEAF_PEERS * 100);
      server.destroy();
      assertThat(server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(server.exitValue()).isZero();
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
      server.destroyForcibly();
    }
  }

  private static Process start() throws IOException {
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:MaxDirectMemorySize=128m",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FloodServer.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .execute(server::destroyForcibly);
    return server;
  }

  private static Socket open(int port, String command) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_SECONDS * 1000);
    socket.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String ask(int port, String command) throws IOException {
    try (var socket = open(port, command);
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      return in.readLine();
    }
  }
}
