package io.loop.netty;

import io.loop.benchmark.LoopBenchmark;
import io.loop.netty.transport.Transport;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/// The time from the start of a process to a server's first answer: the `echo` sample and the same
/// in plain Netty. Each runs with the JDK's own class archive, with an archive of the program's
/// classes (`Cds`), and with a cache from a training run (`Aot`).
///
/// The sample is the jar next to that of the benchmarks, or the one that the system property
/// `io.loop.samples` names. Both get the same flags.
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
public class StartBenchmark extends LoopBenchmark {

  private static final int ATTEMPT_MILLIS = 2;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  /// A server's program, and its process while one runs.
  @State(Scope.Thread)
  public static class Program {

    /*
     * The name of the benchmark's method says what to run: it starts with the program and ends with
     * the cache. A cache is created in a directory that is removed after the trial.
     */

    @Param({"nio", "epoll", "io_uring"})
    public String transport = "";

    private final List<String> flags = new ArrayList<>();
    private boolean sample;
    private @Nullable Path cache;
    private @Nullable Process process;

    @Setup
    public void prepare(BenchmarkParams benchmark) throws IOException, InterruptedException {
      Transport.named(transport); // throws here if it is not available
      String whole = benchmark.getBenchmark();
      String method = whole.substring(whole.lastIndexOf('.') + 1);
      sample = method.startsWith("samples");
      flags.add("--enable-native-access=ALL-UNNAMED");
      if (method.endsWith("Aot")) {
        train("-XX:AOTCacheOutput=", "-XX:AOTMode=on", "-XX:AOTCache=");
      } else if (method.endsWith("Cds")) {
        train("-XX:ArchiveClassesAtExit=", "-Xshare:on", "-XX:SharedArchiveFile=");
      }
    }

    /// Runs the server once, so that it writes a cache when it ends, which later runs use.
    private void train(String write, String insist, String read)
        throws IOException, InterruptedException {
      Path file = Files.createTempDirectory("loop-start").resolve("cache");
      cache = file;
      flags.add(write + file);
      try {
        Process trained = answerOne();
        trained.destroy();
        JavaProcess.awaitEnd(trained);
      } finally {
        kill();
      }
      if (!Files.exists(file)) {
        throw new IOException("the training run has written no cache");
      }
      flags.removeLast();
      flags.add(insist);
      flags.add(read + file);
    }

    Process answerOne() throws IOException, InterruptedException {
      int port = freePort();
      Process started = JavaProcess.of(arguments(port)).redirectOutput(Redirect.DISCARD).start();
      process = started;
      try (Socket socket = connect(started, port)) {
        socket.getOutputStream().write(1);
        if (socket.getInputStream().read() != 1) {
          throw new IOException("the server does not echo");
        }
      }
      return started;
    }

    private static int freePort() throws IOException {
      try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        return server.getLocalPort();
      }
    }

    private List<String> arguments(int port) {
      List<String> arguments = new ArrayList<>(flags);
      String number = String.valueOf(port);
      if (sample) {
        arguments.addAll(List.of("-jar", samplesJar().toString(), "echo"));
        arguments.addAll(List.of("--port", number, "--transport", transport));
      } else {
        arguments.addAll(List.of("-cp", JavaProcess.classPath(), RawEchoServer.class.getName()));
        arguments.addAll(List.of(number, transport));
      }
      return arguments;
    }

    private static Socket connect(Process server, int port)
        throws IOException, InterruptedException {
      long start = System.nanoTime();
      for (; ; ) {
        try {
          return new Socket(InetAddress.getLoopbackAddress(), port);
        } catch (ConnectException early) {
          if (!server.isAlive() || System.nanoTime() - start > PATIENCE_NANOS) {
            throw early;
          }
        }
        Thread.sleep(ATTEMPT_MILLIS);
      }
    }

    @TearDown(Level.Invocation)
    public void kill() throws InterruptedException {
      if (process != null) {
        JavaProcess.kill(process);
        process = null;
      }
    }

    @TearDown
    public void removeCache() throws IOException {
      if (cache != null) {
        Files.deleteIfExists(cache);
        Files.deleteIfExists(cache.getParent());
      }
    }
  }

  /// {@return the jar of the samples}
  ///
  /// @throws IllegalStateException if there is none
  static Path samplesJar() {
    String named = System.getProperty("io.loop.samples");
    Path benchmarks = Path.of(JavaProcess.classPath()).toAbsolutePath();
    Path jar =
        named == null
            ? benchmarks.resolve("../../../samples/target/samples.jar").normalize()
            : Path.of(named);
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "no samples at "
              + jar
              + "; make them with mvn package, or name them with"
              + " -Dio.loop.samples");
    }
    return jar;
  }

  /// One operation: the sample starts and has sent back one byte.
  @Benchmark
  public Process samplesEcho(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }

  /// One operation: as [#samplesEcho], with an AOT cache.
  @Benchmark
  public Process samplesEchoAot(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }

  /// One operation: as [#samplesEcho], with an archive of the program's classes.
  @Benchmark
  public Process samplesEchoCds(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }

  /// One operation: a [RawEchoServer] starts and has sent back one byte.
  @Benchmark
  public Process rawNetty(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }

  /// One operation: as [#rawNetty], with an AOT cache.
  @Benchmark
  public Process rawNettyAot(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }

  /// One operation: as [#rawNetty], with an archive of the program's classes.
  @Benchmark
  public Process rawNettyCds(Program program) throws IOException, InterruptedException {
    return program.answerOne();
  }
}
