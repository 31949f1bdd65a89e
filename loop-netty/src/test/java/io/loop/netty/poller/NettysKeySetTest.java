package io.loop.netty.poller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.netty.NettyLoop;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// With access to `sun.misc.Unsafe` Netty puts a set of its own into the JDK's selectors: loops on
/// NIO must do with either.
final class NettysKeySetTest {

  /// Sends lines to and fro on a loop on NIO.
  static final class Echo {
    private static final int LINES = 1_000;

    private Echo() {}

    public static void main(String[] arguments) {
      var options =
          Runner.Options.DEFAULT
              .withoutSignals()
              .withLoopFactory(() -> NettyLoop.create(Transport.NIO));
      Asyncio.run(Echo::echo, options);
    }

    private static String echo() throws Exception {
      var host = InetAddress.getLoopbackAddress().getHostAddress();
      var server =
          Streams.startServer(
              (reader, writer) -> {
                for (byte[] line : reader) {
                  writer.write(line);
                  writer.drain();
                }
              },
              host,
              0);
      try (var connection = Streams.openConnection(host, server.localAddress().getPort())) {
        for (int i = 0; i < LINES; i++) {
          connection.writer().write(("line " + i + "\n").getBytes(UTF_8));
          connection.reader().readLine();
        }
      }
      server.close();
      IO.println(LINES + " lines came back");
      return "done";
    }
  }

  @Test
  void echo_withNettysOwnSetOfKeys_comesBack() throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                Echo.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(new String(program.getInputStream().readAllBytes(), UTF_8))
          .isEqualTo("1000 lines came back\n");
    } finally {
      program.destroyForcibly();
    }
  }
}
