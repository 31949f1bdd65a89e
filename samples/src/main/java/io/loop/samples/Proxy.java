package io.loop.samples;

import static io.loop.Asyncio.gatherCancelSiblings;
import static io.loop.Asyncio.waitFor;

import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.ProxyHeader;
import io.loop.samples.Backends.Backend;
import io.loop.samples.Backends.Balance;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A TCP reverse proxy in front of several servers.
@Command(
    name = "proxy",
    description = {
      "Passes TCP connections on to the servers behind it, until SIGINT or SIGTERM.",
      "With --reuse-port, start the next version beside this one, then end this one with SIGTERM:"
          + " it lets its connections finish. On Linux, set net.ipv4.tcp_migrate_req=1, so that"
          + " those it has not accepted yet go to the next version."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Proxy implements Callable<Integer> {

  /*
   *   client --- reader --copy--> writer --- backend
   *              writer <--copy-- reader
   *
   * Each direction ends alone. A failure of one side resets the other, see Resets.
   *
   * The end of this server is not the end of its connections: `Server.serveForever` would end what
   * clients send between two messages, but here it does not know messages. So this closes the
   * server, waits, and cancels what is left, which resets both sides.
   */

  private static final int BLOCK = 65_536;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--backend",
      required = true,
      paramLabel = "HOST:PORT",
      description = "a server behind this one; repeat it for each")
  private List<String> addresses = List.of();

  @Option(
      names = "--balance",
      defaultValue = "least",
      paramLabel = "NAME",
      description =
          "least: the server with the fewest connections; round_robin: one after the other"
              + " (default: ${DEFAULT-VALUE})")
  private Balance balance = Balance.LEAST;

  @Mixin private ProxyProtocolOptions clients = new ProxyProtocolOptions();

  @Option(
      names = "--send-proxy",
      arity = "0..1",
      fallbackValue = "2",
      defaultValue = "0",
      paramLabel = "VERSION",
      description = "tell the servers the client's address, with a PROXY header of version 1 or 2")
  private int sendProxy;

  @Option(names = "--reuse-port", description = "let another process listen on the same port")
  private boolean reusePort;

  @Option(
      names = "--check-interval",
      defaultValue = "1000",
      paramLabel = "MILLIS",
      description = "how often each server is checked (default: ${DEFAULT-VALUE})")
  private int checkInterval;

  @Option(
      names = "--connect-timeout",
      defaultValue = "2",
      paramLabel = "SECONDS",
      description = "how long to try one server (default: ${DEFAULT-VALUE})")
  private int connectTimeout;

  @Option(
      names = "--idle-timeout",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description =
          "how long a connection may be idle in both directions (default: ${DEFAULT-VALUE})")
  private int idleTimeout;

  @Option(
      names = "--max-connections",
      defaultValue = "10000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--max-per-address",
      defaultValue = "100",
      description = "limit of open connections of one client (default: ${DEFAULT-VALUE})")
  private int maxPerAddress;

  @Option(
      names = "--grace",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description =
          "how long connections may go on when the server shuts down (default: ${DEFAULT-VALUE})")
  private int grace;

  /// The coroutines of the connections, for the end of the grace period.
  private final Set<Task<?>> serving = new HashSet<>();

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--check-interval", checkInterval);
    common.requirePositive("--connect-timeout", connectTimeout);
    common.requirePositive("--idle-timeout", idleTimeout);
    common.requirePositive("--max-connections", maxConnections);
    common.requirePositive("--max-per-address", maxPerAddress);
    common.requireNotNegative("--grace", grace);
    if (sendProxy < 0 || sendProxy > 2) {
      throw new ParameterException(spec.commandLine(), "--send-proxy must be 1 or 2");
    }
    var backends =
        new Backends(
            backends(),
            new Backends.Rules(
                balance,
                Duration.ofMillis(checkInterval),
                Duration.ofSeconds(connectTimeout),
                sendProxy));
    ServerOptions listening = listening();
    return ListenOptions.runUntilSignal(() -> serve(backends, listening), options);
  }

  private List<Backend> backends() {
    return addresses.stream()
        .map(address -> new Backend(common.requireHostPort("--backend", address)))
        .toList();
  }

  private ServerOptions listening() {
    ServerOptions options =
        ServerOptions.DEFAULT
            .withGrace(Duration.ofSeconds(1)) // for bodies whose connection is gone
            .withLimits(
                ServerLimits.DEFAULT
                    .withConnections(maxConnections, maxPerAddress)
                    .withIdleTimeout(Duration.ofSeconds(idleTimeout)));
    return clients.applyTo(reusePort ? options.withReusePort() : options);
  }

  private void serve(Backends backends, ServerOptions options) throws IOException {
    Server server =
        Streams.startServer(
            (reader, writer) -> serve(reader, writer, backends),
            listen.host(),
            listen.port(),
            options);
    try {
      listen.announce(server.localAddress());
      backends.checkForever();
    } finally {
      drain(server);
    }
  }

  private void drain(Server server) {
    server.close();
    try {
      waitFor(server::waitClosed, Duration.ofSeconds(grace));
    } catch (TimeoutException late) {
      List.copyOf(serving).forEach(Task::cancel);
      server.waitClosed();
    }
  }

  private void serve(StreamReader reader, StreamWriter writer, Backends backends)
      throws IOException {
    Task<?> own = Objects.requireNonNull(Task.current());
    serving.add(own);
    boolean whole = false;
    try {
      whole = backends.use(onBehalfOf(writer), backend -> tunnel(reader, writer, backend));
    } catch (IOException lost) {
      // the client; it is reset below
    } finally {
      if (!whole) {
        Resets.of(writer);
      }
      serving.remove(own);
    }
  }

  /// {@return the header that names the client to a server}
  private static ProxyHeader onBehalfOf(StreamWriter client) {
    if (client.getExtraInfo("proxyHeader") instanceof ProxyHeader header
        && header.source() == null) {
      return ProxyHeader.LOCAL; // a check of the proxy in front
    }
    return ProxyHeader.of(address(client, "peername"), address(client, "sockname"));
  }

  private static SocketAddress address(StreamWriter client, String name) {
    return (SocketAddress) Objects.requireNonNull(client.getExtraInfo(name));
  }

  private static void tunnel(StreamReader reader, StreamWriter writer, StreamConnection backend)
      throws IOException {
    boolean whole = false;
    try {
      copyBothWays(reader, writer, backend);
      whole = true;
    } finally {
      if (!whole) {
        Resets.of(backend.writer());
      }
    }
  }

  private static void copyBothWays(
      StreamReader reader, StreamWriter writer, StreamConnection backend) throws IOException {
    gatherCancelSiblings(
            Coro.of(() -> copy(reader, backend.writer())),
            Coro.of(() -> copy(backend.reader(), writer)))
        .await();
  }

  private static void copy(StreamReader from, StreamWriter to) throws IOException {
    for (ByteBuf block; (block = Streams.read(from, BLOCK)) != null; ) {
      Streams.write(to, block);
      to.drain();
    }
    to.writeEof();
  }
}
