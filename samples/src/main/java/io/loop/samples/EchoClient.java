package io.loop.samples;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;

import io.loop.Asyncio;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.scope.TaskGroup;
import io.loop.stream.IncompleteReadException;
import io.loop.stream.StreamReader;
import io.loop.sync.Barrier;
import io.loop.sync.Semaphore;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
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
      "Sends messages to an echo server and checks every byte of the answers.",
      "Exits with 1 if a byte differs or a connection fails."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class EchoClient implements Callable<Integer> {

  private static final Duration PROGRESS = Duration.ofSeconds(1);
  private static final int OPENING = 256; // fewer than a server's backlog

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "the server's host (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  private int port;

  @Option(names = "--port", required = true, description = "the server's port")
  void setPort(int port) {
    this.port = CommonOptions.requirePort(spec, port);
  }

  @Option(
      names = "--connections",
      defaultValue = "64",
      description = "number of connections (default: ${DEFAULT-VALUE})")
  private int connections;

  @Option(
      names = "--messages",
      defaultValue = "10000",
      description = "messages per connection (default: ${DEFAULT-VALUE})")
  private int messages;

  @Option(
      names = "--size",
      defaultValue = "64",
      description = "bytes per message (default: ${DEFAULT-VALUE})")
  private int size;

  @Option(
      names = "--duration",
      paramLabel = "SECONDS",
      description = "send for this time instead of a number of messages, on each connection")
  private int duration;

  @Option(
      names = "--rate",
      paramLabel = "PER_SECOND",
      description = "messages per second on all connections together (default: no limit)")
  private int rate;

  @Option(
      names = "--hold",
      paramLabel = "SECONDS",
      description =
          "open all connections first, and leave them idle for this time, or until the server ends")
  private int hold;

  @Option(
      names = "--until-closed",
      description = "a connection that the server closes between answers is not a failure")
  private boolean untilClosed;

  private final Histogram nanos = new Histogram(3);
  private long sent;
  private long received;
  private long mismatches;
  private long closed;
  private long resets;
  private long torn;

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requirePositive("--connections", connections);
    common.requirePositive("--messages", messages);
    common.requirePositive("--size", size);
    common.requireNotNegative("--duration", duration);
    common.requireNotNegative("--rate", rate);
    common.requireNotNegative("--hold", hold);
    long start = System.nanoTime();
    Asyncio.run(Coro.of(this::converse), options);
    report((System.nanoTime() - start) / 1e9);
    return mismatches == 0 && torn == 0 && (untilClosed || sent == received) ? 0 : 1;
  }

  private void converse() throws IOException {
    StreamConnection first = Streams.openConnection(host, port); // fails here if no server listens
    Task<?> progress = isTerminal() ? createTask(this::showProgress) : null;
    var opening = new Semaphore(OPENING);
    var allOpen = new Barrier(connections);
    TaskGroup.run(group -> {
      group.createTask(() -> talk(first, 0, allOpen));
      for (int i = 1; i < connections; i++) {
        int index = i;
        group.createTask(() -> talk(opening.with(this::open), index, allOpen));
      }
    });
    if (progress != null) {
      progress.cancel();
    }
  }

  private StreamConnection open() throws IOException {
    return Streams.openConnection(host, port);
  }

  private void talk(StreamConnection connection, int index, Barrier allOpen) throws Exception {
    try (connection) {
      if (hold > 0) {
        holdAll(connection.reader(), allOpen);
      }
      exchange(connection, index);
    } catch (IncompleteReadException end) {
      if (!untilClosed) {
        throw end;
      }
      closed++;
      torn += end.partial().length == 0 ? 0 : 1;
    } catch (IOException reset) {
      if (!untilClosed) {
        throw reset;
      }
      resets++;
    }
  }

  private void holdAll(StreamReader reader, Barrier allOpen) throws IOException {
    if (allOpen.await() == 0) {
      spec.commandLine().getOut().println(connections + " connections open");
      spec.commandLine().getOut().flush();
    }
    try {
      byte[] early = Asyncio.timeout(Duration.ofSeconds(hold), () -> reader.readExactly(1));
      throw new IOException("an answer without a message: " + early[0]);
    } catch (TimeoutException idle) {
      // as it should be; had the server ended, the read would have
    }
  }

  private void exchange(StreamConnection connection, int index) throws IOException {
    var random = new SplittableRandom(index);
    var sentHash = new CRC32C();
    var receivedHash = new CRC32C();
    byte[] message = new byte[size];
    Pace pace = duration > 0 ? Pace.forSeconds(duration) : Pace.ofMessages(messages);
    if (rate > 0) {
      pace.spread(index, connections, rate);
    }
    while (pace.awaitNext()) {
      random.nextBytes(message);
      sentHash.update(message);
      connection.writer().write(message); // no drain: reading the answer already waits for the peer
      sent++;
      receivedHash.update(connection.reader().readExactly(size));
      nanos.recordValue(System.nanoTime() - pace.dueNanos());
      received++;
      if (sentHash.getValue() != receivedHash.getValue()) {
        mismatches++;
      }
    }
  }

  @SuppressWarnings("SystemConsoleNull") // since JDK 25 it is null again without a terminal
  static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private void showProgress() {
    PrintWriter out = spec.commandLine().getOut();
    for (; ; ) {
      sleep(PROGRESS);
      out.printf("\rsent %,d, received %,d", sent, received);
      out.flush();
    }
  }

  private void report(double seconds) {
    spec.commandLine()
        .getOut()
        .printf(
            "%ssent=%d received=%d mismatches=%d seconds=%.3f rps=%.0f p50=%.1fus p99=%.1fus%s%n",
            isTerminal() ? "\r" : "",
            sent,
            received,
            mismatches,
            seconds,
            received / seconds,
            nanos.getValueAtPercentile(50) / 1e3,
            nanos.getValueAtPercentile(99) / 1e3,
            untilClosed ? " closed=" + closed + " resets=" + resets + " torn=" + torn : "");
  }
}
