package io.loop.netty;

import io.loop.netty.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// An [EchoLoad] in a separate process, so that its time is not measured, and its files and memory
/// do not count.
final class EchoClients {

  /// Round-trip times.
  ///
  /// @param p50Nanos the median
  /// @param p99Nanos the 99th percentile
  record Latency(double p50Nanos, double p99Nanos) {}

  private final Process process;
  private final PrintWriter orders;
  private final BufferedReader answers;

  private EchoClients(Process process) {
    this.process = process;
    this.orders = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
    this.answers = process.inputReader(StandardCharsets.US_ASCII);
  }

  /// {@return clients whose connections are open}
  ///
  /// @param port the port of the server
  /// @param transport the transport of the clients
  /// @param connections the number of connections
  /// @param size the bytes in a message
  /// @throws IOException if not all of them can be opened
  static EchoClients open(int port, Transport transport, int connections, int size)
      throws IOException, InterruptedException {
    List<String> command =
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            JavaProcess.classPath(),
            EchoLoad.class.getName(),
            String.valueOf(port),
            transport.toString(),
            String.valueOf(connections),
            String.valueOf(size));
    var clients = new EchoClients(JavaProcess.of(command).start());
    try {
      clients.answer();
      return clients;
    } catch (IOException failed) {
      clients.close();
      throw failed;
    }
  }

  /// Makes round trips, over all connections.
  ///
  /// @return the times of all round trips since [#forget]
  /// @throws IOException if one fails, or returns different data
  Latency run(int roundTrips) throws IOException {
    orders.println(roundTrips);
    String[] nanos = answer().split(" ", 2);
    return new Latency(Double.parseDouble(nanos[0]), Double.parseDouble(nanos[1]));
  }

  /// Discards the times of the round trips so far.
  void forget() throws IOException {
    run(0);
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the clients have failed");
    }
    return line;
  }

  void close() throws IOException, InterruptedException {
    orders.close();
    JavaProcess.awaitEnd(process);
  }
}
