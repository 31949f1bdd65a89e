package io.loop.netty;

import io.loop.netty.transport.Transport;
import io.loop.report.Pinning;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// An [EchoServer] in a separate process, so that nothing else is in its caches and its heap. It is
/// pinned to a processor if that is possible.
///
/// The program prints its port. For each line on its standard input it prints the processor time
/// and the bytes on the heap that it has used so far. It ends when its input ends, so also when the
/// process that started it is killed.
final class EchoProcess {

  /// What a server has used since it started.
  ///
  /// @param cpuNanos the processor time, as [ThreadTimes] counts it
  /// @param allocated the bytes that its threads have allocated on the heap
  record Usage(long cpuNanos, long allocated) {}

  /// The collector and the heap of a server that is measured. The collector is named because a JVM
  /// that sees one processor chooses another one. With a heap of 512 MiB or less, Netty's allocator
  /// pools no buffers above 16 KiB, and clears each one.
  static final String MEMORY =
      "-XX:+UseG1GC -Xms1g -Xmx1g -XX:+AlwaysPreTouch -XX:+UseTransparentHugePages";

  private static final Duration PATIENCE = Duration.ofSeconds(20); // to end, without its parent

  private static final List<String> FLAGS =
      List.of(
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Dio.loop.carrier=loop",
          "-Djdk.virtualThreadScheduler.parallelism=1",
          "-Djdk.virtualThreadScheduler.maxPoolSize=1");

  private final Process process;
  private final PrintWriter questions;
  private final BufferedReader answers;

  private EchoProcess(Process process) {
    this.process = process;
    this.questions = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
    this.answers = process.inputReader(StandardCharsets.US_ASCII);
  }

  /// Starts a server, and does not wait for it. Call [#awaitPort] once.
  ///
  /// @param method the name of a benchmark's method, as [EchoServer#start] takes it
  /// @param transport the transport of the server
  /// @param memory flags of its JVM, such as [#MEMORY]
  static EchoProcess start(String method, Transport transport, String memory) throws IOException {
    List<String> arguments = new ArrayList<>(FLAGS);
    arguments.addAll(List.of(memory.split(" ", -1)));
    arguments.addAll(List.of("-cp", JavaProcess.classPath(), EchoProcess.class.getName()));
    arguments.addAll(List.of(method, transport.toString()));
    return new EchoProcess(JavaProcess.of(Pinning.here().ofServer(), arguments).start());
  }

  /// Runs a server.
  ///
  /// @param arguments the benchmark's method, and the transport
  public static void main(String... arguments) throws IOException, InterruptedException {
    EchoServer server = EchoServer.start(arguments[0], Transport.named(arguments[1]));
    System.out.println(server.port());
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    while (questions.readLine() != null) {
      long cpuNanos = ThreadTimes.nanosOfOthers();
      System.out.println(cpuNanos + " " + threads.getTotalThreadAllocatedBytes());
    }
    JavaProcess.haltAfter(PATIENCE);
    server.close();
    System.exit(0); // other libraries leave threads behind
  }

  /// {@return the port of the server, when it listens}
  ///
  /// @throws IOException if the server cannot be started
  int awaitPort() throws IOException {
    return Integer.parseInt(answer());
  }

  Usage usage() throws IOException {
    questions.println();
    String[] both = answer().split(" ", 2);
    return new Usage(Long.parseLong(both[0]), Long.parseLong(both[1]));
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the server has failed");
    }
    return line;
  }

  long pid() {
    return process.pid();
  }

  /// Ends the server; its clients must have disconnected.
  void close() throws IOException, InterruptedException {
    questions.close();
    JavaProcess.awaitEnd(process);
  }
}
