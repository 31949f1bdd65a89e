package io.loop.netty;

import io.loop.netty.transport.Transport;
import io.loop.report.Pinning;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// An [EchoLoad] in a separate process, so that its time is not measured, and its files and memory
/// do not count. It is pinned to another processor than the servers if that is possible.
final class EchoClients {

  /// Round-trip times.
  ///
  /// @param p50Nanos the median
  /// @param p99Nanos the 99th percentile
  record Latency(double p50Nanos, double p99Nanos) {}

  /// What clients do.
  ///
  /// @param connections the number of connections
  /// @param size the bytes in a message
  /// @param inFlight the messages under way on each connection
  /// @param visits the short connections before those, one message each
  record Load(int connections, int size, int inFlight, int visits) {

    /// How many it takes until no coroutine starts in interpreted code.
    static final int MANY_VISITS = 5_000;
  }

  private final Process process;
  private final PrintWriter orders;
  private final BufferedReader answers;

  private EchoClients(Process process) {
    this.process = process;
    this.orders = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
    this.answers = process.inputReader(StandardCharsets.US_ASCII);
  }

  /// Starts clients, and does not wait for them.
  ///
  /// @param transport the transport of the clients
  /// @param load what they do
  static EchoClients start(Transport transport, Load load) throws IOException {
    List<String> arguments =
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            JavaProcess.classPath(),
            EchoLoad.class.getName(),
            transport.toString(),
            String.valueOf(load.connections()),
            String.valueOf(load.size()),
            String.valueOf(load.inFlight()),
            String.valueOf(load.visits()));
    return new EchoClients(JavaProcess.of(Pinning.here().ofClient(), arguments).start());
  }

  /// {@return clients whose connections are open, as [#start] takes their arguments}
  ///
  /// @throws IOException if not all of them can be opened
  static EchoClients open(int port, Transport transport, Load load)
      throws IOException, InterruptedException {
    EchoClients clients = start(transport, load);
    try {
      clients.open(port);
      return clients;
    } catch (IOException failed) {
      clients.close();
      throw failed;
    }
  }

  /// Opens all connections, once.
  ///
  /// @param port the port of the server
  /// @throws IOException if not all of them can be opened
  void open(int port) throws IOException {
    orders.println(port);
    answer();
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

  long pid() {
    return process.pid();
  }

  /// Lets the clients end, and does not wait for it.
  void end() {
    orders.close();
  }

  void close() throws IOException, InterruptedException {
    end();
    JavaProcess.awaitEnd(process);
  }
}
