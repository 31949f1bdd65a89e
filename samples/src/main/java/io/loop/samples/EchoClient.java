package io.loop.samples;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;

import io.loop.Asyncio;
import io.loop.netty.StreamConnection;
import io.loop.netty.Streams;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskGroup;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.zip.CRC32C;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// A client of an echo server that checks every byte.
@Command(
    name = "echo-client",
    description = {
      "Sends messages to an echo server and checks every byte that comes back.",
      "Exits with 1 if any differs, or a connection fails."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class EchoClient implements Callable<Integer> {

  private static final Duration PROGRESS = Duration.ofSeconds(1);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "the server's host (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  @Option(names = "--port", required = true, description = "the server's port")
  private int port;

  @Option(
      names = "--connections",
      defaultValue = "64",
      description = "connections at once (default: ${DEFAULT-VALUE})")
  private int connections;

  @Option(
      names = "--messages",
      defaultValue = "10000",
      description = "messages on each connection (default: ${DEFAULT-VALUE})")
  private int messages;

  @Option(
      names = "--size",
      defaultValue = "64",
      description = "bytes in a message (default: ${DEFAULT-VALUE})")
  private int size;

  private final Histogram nanos = new Histogram(3);
  private long sent;
  private long received;
  private long mismatches;

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requirePositive("--connections", connections);
    common.requirePositive("--messages", messages);
    common.requirePositive("--size", size);
    long start = System.nanoTime();
    Asyncio.run(Coro.of(this::converse), options);
    report((System.nanoTime() - start) / 1e9);
    return mismatches == 0 && sent == received ? 0 : 1;
  }

  private void converse() throws IOException {
    StreamConnection first = Streams.openConnection(host, port); // fails here if nobody listens
    Task<?> progress = isTerminal() ? createTask(this::showProgress) : null;
    TaskGroup.run(group -> {
      group.createTask(() -> talk(first, 0));
      for (int i = 1; i < connections; i++) {
        int index = i;
        group.createTask(() -> talk(Streams.openConnection(host, port), index));
      }
    });
    if (progress != null) {
      progress.cancel();
    }
  }

  private void talk(StreamConnection connection, int index) throws IOException {
    var random = new SplittableRandom(index);
    var sentHash = new CRC32C();
    var receivedHash = new CRC32C();
    byte[] message = new byte[size];
    try (connection) {
      for (int i = 0; i < messages; i++) {
        random.nextBytes(message);
        sentHash.update(message);
        long start = System.nanoTime();
        connection.writer().write(message); // not drained: reading the answer waits for more
        sent++;
        receivedHash.update(connection.reader().readExactly(size));
        nanos.recordValue(System.nanoTime() - start);
        received++;
        if (sentHash.getValue() != receivedHash.getValue()) {
          mismatches++;
        }
      }
    }
  }

  @SuppressWarnings("SystemConsoleNull") // from JDK 25 on it is null again without a terminal
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private void showProgress() {
    PrintWriter out = spec.commandLine().getOut();
    for (; ; ) {
      sleep(PROGRESS);
      out.printf("\rreceived %,d of %,d", received, (long) connections * messages);
      out.flush();
    }
  }

  private void report(double seconds) {
    spec.commandLine()
        .getOut()
        .printf(
            "%ssent=%d received=%d mismatches=%d seconds=%.3f rps=%.0f p50=%.1fus p99=%.1fus%n",
            isTerminal() ? "\r" : "",
            sent,
            received,
            mismatches,
            seconds,
            received / seconds,
            nanos.getValueAtPercentile(50) / 1e3,
            nanos.getValueAtPercentile(99) / 1e3);
  }
}
