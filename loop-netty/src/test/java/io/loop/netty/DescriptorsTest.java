package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.stream.TlsTest;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Servers in processes that run out of file descriptors before they have logged anything.
@Tag("slow")
class DescriptorsTest {

  private static final int MOST = 120;
  private static final int CLIENTS = 2 * MOST;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private static Path jars;

  static Stream<Transport> transports() {
    return Transport.available().stream();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_noDescriptorIsLeft_saysSoAndGoesOnLater(Transport transport) throws Exception {
    Process server = start(transport);
    try (BufferedReader output = server.inputReader();
        BufferedReader log = server.errorReader()) {
      int port = Integer.parseInt(output.readLine());
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(connect(port)); // the system takes those that the server cannot
      }
      String first = firstReport(log);
      assertThat(first)
          .endsWith("Could not accept a connection: Too many open files; trying again in a second");
      for (Socket each : clients) {
        each.close();
      }

      try (Socket next = connect(port)) {
        assertThat(answer(next)).isEqualTo("hello");
      }
      assertThat(server.isAlive()).isTrue();
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static Socket connect(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static String answer(Socket socket) throws IOException {
    socket.getOutputStream().write(TlsTest.ascii("hello\n"));
    return new String(socket.getInputStream().readNBytes(6), StandardCharsets.US_ASCII).strip();
  }

  private static String firstReport(BufferedReader log) throws IOException {
    String line = log.readLine();
    while (line != null && !line.startsWith("SEVERE: ")) {
      line = log.readLine();
    }
    return String.valueOf(line);
  }

  /// Classes in folders would take a descriptor each. {@return the class path with jars for
  /// folders}
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Files.isDirectory(Path.of(entry)) ? jar(Path.of(entry)) : entry)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String jar(Path classes) {
    Path jar = jars.resolve(classes.toString().replace(File.separatorChar, '-') + ".jar");
    if (!Files.exists(jar)) {
      int code =
          ToolProvider.findFirst("jar")
              .orElseThrow()
              .run(System.out, System.err, "cf", jar.toString(), "-C", classes.toString(), ".");
      assertThat(code).isZero();
    }
    return jar.toString();
  }

  private static Process start(Transport transport) throws IOException {
    List<String> command =
        List.of(
            "sh",
            "-c",
            "ulimit -n " + MOST + "; exec \"$@\"",
            "sh",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
            "-cp",
            classPath(),
            Program.class.getName(),
            transport.name());
    return new ProcessBuilder(command).start();
  }

  /// What the child process runs.
  static final class Program {
    private Program() {}

    private static void echo(StreamReader reader, StreamWriter writer) {
      for (byte[] line : reader) {
        writer.write(line);
      }
    }

    static void main(String[] arguments) {
      var options =
          Runner.Options.DEFAULT.withLoopFactory(
              () -> NettyLoop.create(Transport.valueOf(arguments[0])));
      Asyncio.run(
          Coro.of(() -> {
            Server server =
                Streams.startServer(
                    Program::echo,
                    "127.0.0.1",
                    0,
                    ServerOptions.DEFAULT.withLimits(ServerLimits.NONE).withBacklog(CLIENTS));
            System.out.println(server.localAddress().getPort());
            server.serveForever();
          }),
          options);
    }
  }
}
