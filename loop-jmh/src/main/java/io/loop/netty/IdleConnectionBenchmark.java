package io.loop.netty;

import io.loop.benchmark.LoopBenchmark;
import io.loop.netty.transport.Transport;
import io.loop.report.Figures;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/// The memory of a server for idle connections: each has echoed one message, and its server waits
/// for the next.
///
/// The figure `heap` is the growth of the server's heap, after a collection, per connection. The
/// time is that of opening and serving all connections; most of it is spent in the clients, a
/// separate process that starts within it.
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class IdleConnectionBenchmark extends LoopBenchmark {

  private static final int MESSAGE_BYTES = 64;
  private static final int COLLECTIONS = 5;
  private static final int FEW = 10;

  /// A server, and clients that come for one invocation.
  @State(Scope.Thread)
  public static class Idle {
    @Param("auto")
    public String transport = "";

    @Param("5000")
    public int connections;

    private EchoServer server;
    private EchoClients clients;
    private long bytesBefore;

    /// Starts a server, and makes it load and compile its classes before the heap is measured.
    @Setup(Level.Invocation)
    public void open(BenchmarkParams benchmark) throws IOException, InterruptedException {
      Transport chosen = Transport.named(transport);
      server = EchoServer.start(benchmark.getBenchmark(), chosen);
      clients = talk(server, chosen, FEW, EchoClients.Load.MANY_VISITS);
      clients.close();
      bytesBefore = bytesInUse();
    }

    void run() throws IOException, InterruptedException {
      clients = talk(server, Transport.named(transport), connections, 0);
    }

    private static EchoClients talk(
        EchoServer server, Transport chosen, int connections, int visits)
        throws IOException, InterruptedException {
      var load = new EchoClients.Load(connections, MESSAGE_BYTES, 1, visits);
      EchoClients opened = EchoClients.open(server.port(), chosen, load);
      opened.run(connections); // one message on each: all are sent before an answer is read
      return opened;
    }

    private static long bytesInUse() {
      long least = Long.MAX_VALUE;
      for (int i = 0; i < COLLECTIONS; i++) {
        System.gc();
        least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
      }
      return least;
    }

    @TearDown(Level.Invocation)
    public void measureAndClose() throws IOException, InterruptedException {
      try {
        Figures.set("heap", (double) (bytesInUse() - bytesBefore) / connections, "B/op");
      } finally {
        clients.close();
        server.close();
      }
    }
  }

  /// One operation: all connections, each with a suspended coroutine, a reader and a writer.
  @Benchmark
  public void streams(Idle idle) throws IOException, InterruptedException {
    idle.run();
  }

  /// One operation: all connections, each with a suspended coroutine at the end of a pipeline.
  @Benchmark
  public void channel(Idle idle) throws IOException, InterruptedException {
    idle.run();
  }

  /// One operation: all connections, each with a handler that all of them share.
  @Benchmark
  public void rawNetty(Idle idle) throws IOException, InterruptedException {
    idle.run();
  }

  /// One operation: all connections, each with a parked virtual thread of the JDK, which writes
  /// what its handler receives.
  @Benchmark
  public void rawNettyAndThread(Idle idle) throws IOException, InterruptedException {
    idle.run();
  }

  /// One operation: all connections, each with a blocked virtual thread and its block of 8 KiB.
  @Benchmark
  public void blockingVirtualThreads(Idle idle) throws IOException, InterruptedException {
    idle.run();
  }
}
