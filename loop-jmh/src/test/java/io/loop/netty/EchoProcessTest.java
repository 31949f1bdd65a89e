package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class EchoProcessTest {

  private static final int PATIENCE_SECONDS = 120;
  private static final EchoClients.Load LOAD = new EchoClients.Load(2, 64, 4, 20);

  /// Starts a server and clients, prints their process ids, and has the clients send on and on.
  static final class Parent {
    public static void main(String... arguments) throws IOException {
      EchoProcess server = EchoProcess.start("streams", Transport.NIO, "-Xmx64m");
      EchoClients clients = EchoClients.start(Transport.NIO, LOAD);
      clients.open(server.awaitPort());
      System.out.println(server.pid() + " " + clients.pid());
      for (; ; ) {
        clients.run(100);
      }
    }
  }

  @Test
  @Tag("slow")
  @Timeout(value = 5, unit = TimeUnit.MINUTES) // it starts JVMs
  void parent_isKilledWhileMessagesAreUnderWay_serverAndClientsEnd(@TempDir Path directory)
      throws Exception {
    // the server may end before the clients, which then fail and say so
    Path errors = directory.resolve("errors");
    Process parent = JavaProcess.of(flags(Parent.class)).redirectError(errors.toFile()).start();
    List<ProcessHandle> children;
    try (BufferedReader lines = parent.inputReader()) {
      String pids = lines.readLine();
      assertThat(pids).as(() -> read(errors)).isNotNull();
      children =
          Stream.of(pids.split(" "))
              .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
              .toList();
    } finally {
      JavaProcess.kill(parent);
    }

    for (ProcessHandle child : children) {
      assertThat(child.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS).isAlive()).isFalse();
    }
  }

  @Test
  @Tag("slow")
  @Timeout(value = 5, unit = TimeUnit.MINUTES) // it starts JVMs
  void run_pipelinedMessages_countsWhatTheServerUsed() throws Exception {
    EchoProcess server = EchoProcess.start("channel", Transport.NIO, "-Xmx64m");
    EchoSide side = EchoSide.start(server, Transport.NIO, LOAD);
    try {
      side.open();

      EchoSide.Round round = side.run(1001);

      assertThat(round.cpu()).isPositive();
      assertThat(round.p50()).isPositive().isLessThanOrEqualTo(round.p99());
    } finally {
      side.close();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  private static List<String> flags(Class<?> program) {
    return List.of(
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Xmx64m",
        "-cp",
        JavaProcess.classPath(),
        program.getName());
  }
}
