package io.loop.samples;

import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A SOCKS 5 proxy, on Netty's codec.
@Command(
    name = "socks",
    description = {
      "A SOCKS 5 proxy (RFC 1928) until SIGINT or SIGTERM: CONNECT to IPv4 and IPv6 addresses and"
          + " names.",
      "Who uses it reaches what this machine reaches, so without --user it listens on"
          + " loopback addresses only."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Socks implements Callable<Integer> {

  /// Few blocks may wait, because each has up to 64 KiB. What a peer sends through a tunnel has no
  /// end that the server knows, so a server that shuts down must not end it.
  private static final HandlerOptions TUNNELLED =
      HandlerOptions.DEFAULT.withWaterMarks(8, 2).withLastPart(_ -> false);

  private static final int PER_ADDRESS = ServerLimits.DEFAULT.connectionsPerAddress();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--user",
      paramLabel = "NAME:PASSWORD",
      description = "what clients have to log in with (default: none)")
  private @Nullable String user;

  @Option(
      names = "--max-connections",
      defaultValue = "1000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--handshake-timeout",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "how long a client may take to say what it wants (default: ${DEFAULT-VALUE})")
  private int handshakeTimeout;

  @Option(
      names = "--connect-timeout",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description =
          "how long to look up a name and to connect to it, in all (default: ${DEFAULT-VALUE})")
  private int connectTimeout;

  @Option(
      names = "--idle-timeout",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description = "how long a tunnel may be idle in both directions (default: ${DEFAULT-VALUE})")
  private int idleTimeout;

  @Option(
      names = "--grace",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description =
          "how long tunnels may go on when the server shuts down (default: ${DEFAULT-VALUE})")
  private int grace;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--max-connections", maxConnections);
    common.requirePositive("--handshake-timeout", handshakeTimeout);
    common.requirePositive("--connect-timeout", connectTimeout);
    common.requirePositive("--idle-timeout", idleTimeout);
    common.requireNotNegative("--grace", grace);
    var rules =
        new SocksSession.Rules(
            login(), Duration.ofSeconds(handshakeTimeout), Duration.ofSeconds(connectTimeout));
    return ListenOptions.runUntilSignal(() -> serve(rules), options);
  }

  private SocksSession.@Nullable Login login() {
    if (user == null) {
      if (!isLoopback(listen.host())) {
        throw new ParameterException(
            spec.commandLine(),
            "--host " + listen.host() + " needs --user: others must not use this machine");
      }
      return null;
    }
    try {
      return SocksSession.Login.parse(user);
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(
          spec.commandLine(), "--user must be NAME:PASSWORD, each of 1 to 255 ASCII characters");
    }
  }

  private static boolean isLoopback(String host) {
    InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
    return address == null ? host.equals("localhost") : address.isLoopbackAddress();
  }

  private void serve(SocksSession.Rules rules) throws IOException {
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxConnections, Math.min(PER_ADDRESS, maxConnections))
            .withIdleTimeout(Duration.ofSeconds(idleTimeout));
    Server server =
        ChannelServer.startServer(
            pipeline -> initialize(pipeline, rules),
            listen.host(),
            listen.port(),
            ServerOptions.DEFAULT.withGrace(Duration.ofSeconds(grace)).withLimits(limits));
    listen.announce(server.localAddress());
    server.serveForever();
  }

  /// Each decoder decodes one message, and passes the bytes after it on to the next.
  private static void initialize(ChannelPipeline pipeline, SocksSession.Rules rules) {
    pipeline.addLast(Socks5ServerEncoder.DEFAULT, new Socks5InitialRequestDecoder());
    if (rules.login() != null) {
      pipeline.addLast(new Socks5PasswordAuthRequestDecoder());
    }
    pipeline.addLast(
        new Socks5CommandRequestDecoder(),
        CoroutineHandler.of(
            Object.class, client -> new SocksSession(client, rules).serve(), TUNNELLED));
  }
}
