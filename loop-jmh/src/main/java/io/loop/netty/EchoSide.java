package io.loop.netty;

import io.loop.netty.transport.Transport;
import java.io.IOException;

/// An echo server and its clients, each a separate process.
///
/// Call [#start], then [#open] once and [#run] as often as needed, and [#close]. Two sides start
/// and end faster together: [#start] and [#end] do not wait.
final class EchoSide {

  /// What a number of messages took.
  ///
  /// @param time the wall-clock time per message, in ns
  /// @param cpu the server's processor time per message, in ns
  /// @param p50 the median of the round-trip times, in µs
  /// @param p99 their 99th percentile, in µs
  /// @param allocated the bytes that the server has allocated per message
  record Round(double time, double cpu, double p50, double p99, double allocated) {}

  private final EchoProcess server;
  private final EchoClients clients;

  private EchoSide(EchoProcess server, EchoClients clients) {
    this.server = server;
    this.clients = clients;
  }

  /// Starts a server and clients, and does not wait for them.
  ///
  /// @param server the server
  /// @param transport the transport of the clients
  /// @param load what they do
  static EchoSide start(EchoProcess server, Transport transport, EchoClients.Load load)
      throws IOException, InterruptedException {
    try {
      return new EchoSide(server, EchoClients.start(transport, load));
    } catch (IOException failed) {
      server.close();
      throw failed;
    }
  }

  /// Waits for the server, and opens all connections.
  void open() throws IOException {
    clients.open(server.awaitPort());
  }

  Round run(int messages) throws IOException {
    clients.forget();
    EchoProcess.Usage before = server.usage();
    long start = System.nanoTime();
    EchoClients.Latency latency = clients.run(messages);
    long took = System.nanoTime() - start;
    EchoProcess.Usage after = server.usage();
    return new Round(
        (double) took / messages,
        (double) (after.cpuNanos() - before.cpuNanos()) / messages,
        latency.p50Nanos() / 1e3,
        latency.p99Nanos() / 1e3,
        (double) (after.allocated() - before.allocated()) / messages);
  }

  /// Lets the clients end, and does not wait for it.
  void end() {
    clients.end();
  }

  /// Ends the clients, and then the server.
  void close() throws IOException, InterruptedException {
    try {
      clients.close();
    } finally {
      server.close();
    }
  }
}
