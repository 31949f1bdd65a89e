package io.loop.netty;

import io.loop.benchmark.LoopBenchmark;
import io.loop.netty.EchoSide.Round;
import io.loop.netty.transport.Transport;
import io.loop.report.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/// The cost of an echo server per message, and what raw Netty takes at the same time.
///
/// One operation is a round of many messages; the figures are for one message. The clients are the
/// same for all servers: an [EchoLoad], a separate process on the same transport. Each connection
/// stays open for the trial, with `inFlight` messages under way. Each server is a process of its
/// own and has one worker thread, [#vertxVirtualThread] two; Netty is the same for all. Servers and
/// clients are pinned to a processor each where that is possible.
///
/// Each trial but those of [#rawNetty] also has a raw server with clients of its own. The two take
/// turns, a round of the one and then a round of the other, so what else happens on the machine
/// happens to both. The figures are for one iteration: `wall`, the wall-clock time of a round
/// divided by its messages, `cpu`, the processor time of the server, `p50` and `p99`, round-trip
/// times as the clients see them, and `allocated`, bytes on the server's heap. `rawNettyCpu` and
/// `rawNettyP99` are the raw server's. `cpuRatio` and `p99Ratio` are the medians of what a round
/// took divided by what the raw server's round before it took.
///
/// A transport that is not available fails with a message.
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class EchoBenchmark extends LoopBenchmark {

  private static final String RAW = "rawNetty";
  private static final String SAME = "same";
  private static final String NONE = "none";

  private static final int MESSAGES = 20_000;
  private static final int LARGE_MESSAGES = 5_000;
  private static final int LARGE = 65_536;
  private static final int FEWEST_PER_CONNECTION = 3;
  private static final long LONG_NANOS = 1_000_000_000; // for a round of each server

  /// A server and its clients, and the raw server with others.
  @State(Scope.Thread)
  public static class Echo {
    @Param({"nio", "epoll", "io_uring"})
    public String transport = "";

    /// The transport of the raw server to compare with, and of all clients, if it is another one;
    /// `none` to compare with nothing.
    @Param(SAME)
    public String rawTransport = "";

    @Param({"1", "64", "1000", "10000"})
    public int connections;

    @Param({"64", "4096", "65536"})
    public int size;

    @Param({"1", "16"})
    public int inFlight;

    /// The messages of a round; 0 for a number that takes about a tenth of a second.
    @Param("0")
    public int messages;

    /// Rounds of each server before the first iteration.
    @Param("5")
    public int warmUps;

    /// Flags of a server's JVM.
    @Param(EchoProcess.MEMORY)
    public String memory = "";

    private final List<Round> rounds = new ArrayList<>();
    private final List<Round> rawRounds = new ArrayList<>();
    private @Nullable EchoSide side;
    private @Nullable EchoSide raw;
    private int messagesOfARound;

    @Setup
    public void open(BenchmarkParams benchmark) throws IOException, InterruptedException {
      Transport chosen = Transport.named(transport);
      String whole = benchmark.getBenchmark();
      String method = whole.substring(whole.lastIndexOf('.') + 1);
      try {
        side = start(method, chosen);
        raw = isCompared(method) ? start(RAW, rawTransport()) : null;
        for (EchoSide each : sides()) {
          each.open();
        }
        messagesOfARound = messages > 0 ? messages : messages();
        for (int i = 0; i < warmUps; i++) {
          warmUp(i == 0);
        }
      } catch (IOException failed) {
        close();
        throw failed;
      }
    }

    private EchoSide start(String method, Transport of) throws IOException, InterruptedException {
      EchoProcess server = EchoProcess.start(method, of, memory);
      return EchoSide.start(
          server,
          rawTransport(),
          new EchoClients.Load(connections, size, inFlight, EchoClients.Load.MANY_VISITS));
    }

    private Transport rawTransport() {
      return Transport.named(
          rawTransport.equals(SAME) || rawTransport.equals(NONE) ? transport : rawTransport);
    }

    private boolean isCompared(String method) {
      return !rawTransport.equals(NONE) && !(method.equals(RAW) && rawTransport.equals(SAME));
    }

    private List<EchoSide> sides() {
      return Stream.of(Optional.ofNullable(side), Optional.ofNullable(raw))
          .flatMap(Optional::stream)
          .toList();
    }

    private int messages() {
      int atOnce = size < LARGE ? MESSAGES : LARGE_MESSAGES;
      return Math.max(atOnce, FEWEST_PER_CONNECTION * connections) * inFlight;
    }

    /// Runs a round of each server. On a busy machine the next rounds get shorter, so that the
    /// benchmark does not take many times as long.
    private void warmUp(boolean first) throws IOException {
      long start = System.nanoTime();
      compare();
      run();
      boolean tooLong = System.nanoTime() - start > LONG_NANOS;
      if (tooLong && !first && messages == 0) {
        messagesOfARound = Math.max(messagesOfARound / 2, connections * inFlight);
      }
    }

    @Setup(Level.Iteration)
    public void forget() {
      rounds.clear();
      rawRounds.clear();
    }

    /// Runs the raw server's round, which is not part of the measured time.
    @Setup(Level.Invocation)
    public void compare() throws IOException {
      if (raw != null) {
        rawRounds.add(raw.run(messagesOfARound));
      }
    }

    void run() throws IOException {
      rounds.add(Objects.requireNonNull(side).run(messagesOfARound));
    }

    @TearDown(Level.Iteration)
    public void report() {
      double[] cpu = figure(rounds, Round::cpu);
      double[] p99 = figure(rounds, Round::p99);
      Figures.set("wall", Figures.median(figure(rounds, Round::time)), "ns/op");
      Figures.set("cpu", Figures.median(cpu), "ns/op");
      Figures.set("p50", Figures.median(figure(rounds, Round::p50)), "us");
      Figures.set("p99", Figures.median(p99), "us");
      Figures.set("allocated", Figures.median(figure(rounds, Round::allocated)), "B/op");
      if (raw != null) {
        double[] rawCpu = figure(rawRounds, Round::cpu);
        double[] rawP99 = figure(rawRounds, Round::p99);
        Figures.set("rawNettyCpu", Figures.median(rawCpu), "ns/op");
        Figures.set("rawNettyP99", Figures.median(rawP99), "us");
        Figures.set("cpuRatio", medianQuotient(cpu, rawCpu), "x");
        Figures.set("p99Ratio", medianQuotient(p99, rawP99), "x");
      }
    }

    private static double[] figure(List<Round> rounds, ToDoubleFunction<Round> figure) {
      return rounds.stream().mapToDouble(figure).toArray();
    }

    private static double medianQuotient(double[] ours, double[] raws) {
      double[] quotients = new double[ours.length];
      Arrays.setAll(quotients, i -> ours[i] / raws[i]);
      return Figures.median(quotients);
    }

    @TearDown
    public void close() throws IOException, InterruptedException {
      sides().forEach(EchoSide::end);
      try {
        if (side != null) {
          side.close();
        }
      } finally {
        if (raw != null) {
          raw.close();
        }
      }
    }
  }

  /// One message goes to a coroutine that reads, writes and drains a stream, and back.
  @Benchmark
  public void streams(Echo echo) throws IOException {
    echo.run();
  }

  /// One message: as in [#streams], with an array of the coroutine's that is read into.
  @Benchmark
  public void streamsInto(Echo echo) throws IOException {
    echo.run();
  }

  /// One message: as in [#streams], with Netty's buffers, which are not copied.
  @Benchmark
  public void streamsBuffers(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a coroutine at the end of a pipeline, and back.
  @Benchmark
  public void channel(Echo echo) throws IOException {
    echo.run();
  }

  /// One message: as in [#channel], with the coroutine on an event loop that Netty runs.
  @Benchmark
  public void channelAttached(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a handler, which writes it and flushes after each read, and back.
  @Benchmark
  public void rawNetty(Echo echo) throws IOException {
    echo.run();
  }

  /// One message: as in [#rawNetty], copied into a new array and from there: what a program pays
  /// that reads arrays.
  @Benchmark
  public void rawNettyArrays(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a handler, which hands it to a parked virtual thread of the JDK, which
  /// writes and flushes it, and back: what a program pays for a stack for each connection.
  @Benchmark
  public void rawNettyAndThread(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a virtual thread that blocks on a socket's streams, and back. Only the
  /// clients use the transport.
  @Benchmark
  public void blockingVirtualThreads(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a pipe of Vert.x from a socket to itself, and back.
  @Benchmark
  public void vertx(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a virtual thread of Vert.x that writes it and awaits that, and back. The
  /// server has two threads: the event loop and the carrier of the virtual threads.
  @Benchmark
  public void vertxVirtualThread(Echo echo) throws IOException {
    echo.run();
  }

  /// One message goes to a flow of Reactor Netty from a connection to itself, and back.
  @Benchmark
  public void reactorNetty(Echo echo) throws IOException {
    echo.run();
  }
}
