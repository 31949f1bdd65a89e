package io.loop.netty;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An echo server and its clients, each a separate process.
///
/// Call [#start], [#connect], [#awaitClients], then [#run] as often as needed, and [#close]. The
/// first two do not wait for all of the process that they start, so two sides start together.
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
  private @Nullable EchoClients clients;

  private EchoSide(EchoProcess server) {
    this.server = server;
  }

  /// Starts the server.
  ///
  /// @param method the name of a benchmark's method, as [EchoServer#start] takes it
  /// @param transport the transport of the server
  /// @param heap the size of its heap, as in `-Xmx`
  static EchoSide start(String method, Transport transport, String heap) throws IOException {
    return new EchoSide(EchoProcess.start(method, transport, heap));
  }

  /// Waits for the server and starts its clients.
  ///
  /// @param transport the transport of the clients
  /// @param load what they do
  void connect(Transport transport, EchoClients.Load load) throws IOException {
    clients = EchoClients.start(server.awaitPort(), transport, load);
  }

  /// Waits until all connections are open.
  void awaitClients() throws IOException {
    clients().awaitOpen();
  }

  Round run(int messages) throws IOException {
    clients().forget();
    EchoProcess.Usage before = server.usage();
    long start = System.nanoTime();
    EchoClients.Latency latency = clients().run(messages);
    long took = System.nanoTime() - start;
    EchoProcess.Usage after = server.usage();
    return new Round(
        (double) took / messages,
        (double) (after.cpuNanos() - before.cpuNanos()) / messages,
        latency.p50Nanos() / 1e3,
        latency.p99Nanos() / 1e3,
        (double) (after.allocated() - before.allocated()) / messages);
  }

  private EchoClients clients() {
    return Objects.requireNonNull(clients, "connect() comes first");
  }

  void close() throws IOException, InterruptedException {
    try {
      if (clients != null) {
        clients.close();
      }
    } finally {
      server.close();
    }
  }
}
