package io.loop.netty;

import io.loop.event.LoopBenchmark;
import io.loop.netty.transport.Transport;
import io.loop.report.Figures;
import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/// The cost of an echo server per message.
///
/// The clients are the same for all servers: an [EchoLoad], a separate process on the same
/// transport. Each connection stays open for the trial and has one message in flight. Every server
/// has one worker thread, [#vertxVirtualThread] two; Netty is the same for all. The figures are for
/// one iteration: `cpu`, the processor time of the server's threads, and `p50` and `p99`,
/// round-trip times as the clients see them. A transport that is not available fails with a
/// message.
public class EchoBenchmark extends LoopBenchmark {

  private static final int ROUND_TRIPS = 40_000;

  /// A server and its clients.
  @State(Scope.Thread)
  public static class Echo {
    @Param({"nio", "epoll", "io_uring"})
    public String transport = "";

    @Param({"1", "64", "1000", "10000"})
    public int connections;

    @Param({"64", "4096"})
    public int size;

    private EchoServer server;
    private EchoClients clients;
    private long cpuNanos;
    private long roundTrips;

    @Setup
    public void open(BenchmarkParams benchmark) throws IOException, InterruptedException {
      Transport chosen = Transport.named(transport);
      server = EchoServer.start(benchmark.getBenchmark(), chosen);
      try {
        clients = EchoClients.open(server.port(), chosen, connections, size);
      } catch (IOException failed) {
        server.close();
        throw failed;
      }
    }

    @Setup(Level.Iteration)
    public void forget() throws IOException {
      clients.forget();
      cpuNanos = 0;
      roundTrips = 0;
    }

    void run() throws IOException {
      long before = ThreadTimes.nanosOfOthers();
      EchoClients.Latency latency = clients.run(ROUND_TRIPS);
      cpuNanos += ThreadTimes.nanosOfOthers() - before;
      roundTrips += ROUND_TRIPS;
      Figures.set("cpu", (double) cpuNanos / roundTrips, "ns/op");
      Figures.set("p50", latency.p50Nanos() / 1e3, "us");
      Figures.set("p99", latency.p99Nanos() / 1e3, "us");
    }

    @TearDown
    public void close() throws IOException, InterruptedException {
      try {
        clients.close();
      } finally {
        server.close();
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
