package io.loop.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Task;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ref.Reference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A server with a small heap, and more clients than it can hold: it serves again when they leave.
///
/// On the loop carrier only. A virtual thread of the JDK's that cannot unmount for want of memory
/// parks on its carrier, and once all of those are taken nothing of the portable carrier moves.
@Tag("slow")
class HeapExhaustionTest {

  private static final int CLIENTS = 2_000;
  private static final int PATIENCE_SECONDS = 45;
  private static final int ANSWER_MILLIS = 1_000;
  private static final int FULL_MILLIS = 200; // one without memory does not answer at all

  @TempDir private Path directory;

  /// The server, in a JVM of its own. Each connection's body holds as many bytes as it is told.
  static final class Hoard {

    private Hoard() {}

    private static int held;

    public static void main(String... arguments) {
      Transport transport = Transport.valueOf(arguments[0]);
      held = Integer.parseInt(arguments[1]);
      int loops = Integer.parseInt(arguments[2]);
      var options =
          Runner.Options.DEFAULT
              .withoutSignals()
              .withLoopFactory(() -> NettyLoop.create(transport));
      Asyncio.run(() -> serve(transport, loops), options);
    }

    private static boolean serve(Transport transport, int loops) throws IOException {
      try (@Nullable LoopGroup group = loops == 0 ? null : new LoopGroup(loops, transport)) {
        ServerOptions options = ServerOptions.DEFAULT.withBacklog(CLIENTS);
        Server server =
            Streams.startServer(
                Hoard::hold, "127.0.0.1", 0, group == null ? options : options.withGroup(group));
        System.out.println(server.localAddress().getPort());
        server.serveForever();
        return true;
      }
    }

    private static void hold(StreamReader reader, StreamWriter writer) throws IOException {
      byte[] hoard = new byte[held];
      try {
        byte[] line = reader.readLine();
        while (line.length > 0) {
          writer.write(line);
          writer.drain();
          line = reader.readLine();
        }
      } finally {
        Reference.reachabilityFence(hoard);
      }
    }
  }

  static Stream<Arguments> servers() {
    return Transport.available().stream()
        .filter(_ -> !Task.isPortable()) // not skipped: that would be a warning in the build
        .flatMap(transport ->
            Stream.of(
                Arguments.of(transport, "-Xmx48m", 100_000, 0),
                Arguments.of(transport, "-Xmx24m", 20_000, 2)));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("servers")
  void clients_moreThanTheHeapHolds_areServedAgainWhenOthersLeave(
      Transport transport, String heap, int held, int loops) throws Exception {
    Path log = directory.resolve("log");
    Process server = start(log, heap, transport.name(), "" + held, "" + loops);
    List<Socket> clients = new ArrayList<>();
    try {
      int port = Integer.parseInt(server.inputReader().readLine());
      assertThat(ask(port, ANSWER_MILLIS)).isEqualTo("hello");

      for (int i = 0; i < CLIENTS && server.isAlive(); i++) {
        join(clients, port);
      }
      for (int tries = 0; tries < 3 && ask(port, FULL_MILLIS) == null; tries++) {
        // an answer says that those before it were accepted, and none that memory is short
      }
      for (Socket client : clients) {
        client.close();
      }
      String answer = null;
      while (answer == null && server.isAlive()) {
        answer = ask(port, ANSWER_MILLIS);
      }

      assertThat(answer).as(() -> textOf(log)).isEqualTo("hello");
      assertThat(server.isAlive()).as(() -> textOf(log)).isTrue();
    } finally {
      server.destroyForcibly();
    }
  }

  private static String textOf(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException fault) {
      return fault.toString();
    }
  }

  private static Process start(Path log, String heap, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.loop.carrier=loop",
                "-cp",
                System.getProperty("java.class.path"),
                Hoard.class.getName()));
    command.addAll(List.of(arguments));
    Process server = new ProcessBuilder(command).redirectError(log.toFile()).start();
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .execute(server::destroyForcibly);
    return server;
  }

  /// Adds a client that stays; the server may refuse it, or be too busy to accept it.
  private static void join(List<Socket> clients, int port) throws IOException {
    var socket = new Socket();
    clients.add(socket);
    try {
      connect(socket, port, FULL_MILLIS);
    } catch (IOException refused) {
      socket.close();
    }
  }

  private static void connect(Socket socket, int port, int millis) throws IOException {
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), millis);
    socket.setSoTimeout(millis);
    socket.getOutputStream().write("hello\n".getBytes(US_ASCII));
  }

  /// {@return what a new client is answered, or null if it is not}
  private static @Nullable String ask(int port, int millis) {
    try (var socket = new Socket()) {
      connect(socket, port, millis);
      return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII))
          .readLine();
    } catch (IOException refused) {
      return null;
    }
  }
}
