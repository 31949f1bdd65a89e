package io.loop.netty;

import io.loop.event.LoopBenchmark;
import io.loop.report.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/// The cost of an echo server per message, and what raw Netty takes at the same time.
///
/// The clients are the same for all servers: an [EchoLoad], a separate process on the same
/// transport. Each connection stays open for the trial, with `inFlight` messages under way. Each
/// server is a process of its own and has one worker thread, [#vertxVirtualThread] two; Netty is
/// the same for all. With `taskset`, servers have one core and clients another one.
///
/// Each trial also has a raw server with clients of its own. The two take turns, a round of the one
/// and then a round of the other, so what else happens on the machine happens to both. The figures
/// are for one iteration: `cpu`, the processor time of the server, `p50` and `p99`, round-trip
/// times as the clients see them, and `allocated`, bytes on the server's heap. `rawNettyCpu` and
/// `rawNettyP99` are the raw server's. `cpuRatio` and `p99Ratio` are the medians of what a round
/// took divided by what the raw server's round before it took.
///
/// A transport that is not available fails with a message.
public class EchoBenchmark extends LoopBenchmark {

  private static final int ROUND_TRIPS = 20_000;
  private static final int WARM_UPS = 5;
  private static final String RAW = "rawNetty";

  /// One round.
  ///
  /// @param cpu the server's processor time per message, in ns
  /// @param p50 the median of the round-trip times, in µs
  /// @param p99 their 99th percentile
  /// @param allocated the bytes that the server has allocated per message
  private record Round(double cpu, double p50, double p99, double allocated) {}

  /// A server and its clients.
  private record Side(EchoProcess server, EchoClients clients) {

    static Side open(String method, Transport transport, int connections, int size, int inFlight)
        throws IOException, InterruptedException {
      EchoProcess server = EchoProcess.start(method, transport);
      try {
        return new Side(
            server, EchoClients.open(server.port(), transport, connections, size, inFlight));
      } catch (IOException failed) {
        server.close();
        throw failed;
      }
    }

    Round run() throws IOException {
      clients.forget();
      EchoProcess.Usage before = server.usage();
      EchoClients.Latency latency = clients.run(ROUND_TRIPS);
      EchoProcess.Usage after = server.usage();
      return new Round(
          (double) (after.cpuNanos() - before.cpuNanos()) / ROUND_TRIPS,
          latency.p50Nanos() / 1e3,
          latency.p99Nanos() / 1e3,
          (double) (after.allocated() - before.allocated()) / ROUND_TRIPS);
    }

    void close() throws IOException, InterruptedException {
      try {
        clients.close();
      } finally {
        server.close();
      }
    }
  }

  /// A server and its clients, and the raw server with others.
  @State(Scope.Thread)
  public static class Echo {
    @Param({"nio", "epoll", "io_uring"})
    public String transport = "";

    @Param({"1", "64", "1000", "10000"})
    public int connections;

    @Param({"64", "4096", "65536"})
    public int size;

    @Param({"1", "16"})
    public int inFlight;

    private final List<Round> rounds = new ArrayList<>();
    private final List<Round> rawRounds = new ArrayList<>();
    private Side side;
    private @Nullable Side raw;

    @Setup
    public void open(BenchmarkParams benchmark) throws IOException, InterruptedException {
      Transport chosen = Transport.named(transport);
      String whole = benchmark.getBenchmark();
      String method = whole.substring(whole.lastIndexOf('.') + 1);
      side = Side.open(method, chosen, connections, size, inFlight);
      try {
        raw = method.equals(RAW) ? null : Side.open(RAW, chosen, connections, size, inFlight);
        for (int i = 0; i < WARM_UPS; i++) {
          compare();
          run();
        }
      } catch (IOException failed) {
        close();
        throw failed;
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
        rawRounds.add(raw.run());
      }
    }

    void run() throws IOException {
      rounds.add(side.run());
    }

    @TearDown(Level.Iteration)
    public void report() {
      double[] cpu = figure(rounds, Round::cpu);
      double[] p99 = figure(rounds, Round::p99);
      Figures.set("cpu", median(cpu), "ns/op");
      Figures.set("p50", median(figure(rounds, Round::p50)), "us");
      Figures.set("p99", median(p99), "us");
      Figures.set("allocated", median(figure(rounds, Round::allocated)), "B/op");
      if (raw != null) {
        double[] rawCpu = figure(rawRounds, Round::cpu);
        double[] rawP99 = figure(rawRounds, Round::p99);
        Figures.set("rawNettyCpu", median(rawCpu), "ns/op");
        Figures.set("rawNettyP99", median(rawP99), "us");
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
      return median(quotients);
    }

    private static double median(double[] values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    @TearDown
    public void close() throws IOException, InterruptedException {
      try {
        side.close();
      } finally {
        if (raw != null) {
          raw.close();
        }
      }
    }
  }

  /// One operation: a message goes to a coroutine that reads, writes and drains a stream, and back.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void streams(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: as in [#streams], with an array of the coroutine's that is read into.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void streamsInto(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: as in [#streams], with Netty's buffers, which are not copied.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void streamsBuffers(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a coroutine at the end of a pipeline, and back.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void channel(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: as in [#channel], with the coroutine on an event loop that Netty runs.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void channelAttached(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a handler, which writes it and flushes after each read, and
  /// back.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void rawNetty(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a virtual thread that blocks on a socket's streams, and back.
  /// Only the clients use the transport.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void blockingVirtualThreads(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a pipe of Vert.x from a socket to itself, and back.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void vertx(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a virtual thread of Vert.x that writes it and awaits that,
  /// and back. The server has two threads: the event loop and the carrier of the virtual threads.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void vertxVirtualThread(Echo echo) throws IOException {
    echo.run();
  }

  /// One operation: a message goes to a flow of Reactor Netty from a connection to itself, and
  /// back.
  @Benchmark
  @OperationsPerInvocation(ROUND_TRIPS)
  public void reactorNetty(Echo echo) throws IOException {
    echo.run();
  }
}
