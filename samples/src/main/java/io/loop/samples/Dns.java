package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.NettyLoop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.ChannelClient;
import io.loop.scope.TaskGroup;
import io.netty.bootstrap.Bootstrap;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A DNS server over UDP on Netty's codec: a zone file, and a cache before another server.
@Command(
    name = "dns",
    description = {
      "Answers DNS queries over UDP from a zone file, and others by asking --upstream, until SIGINT"
          + " or SIGTERM.",
      "It answers every sender, and senders can be forged: do not open the port to the"
          + " internet."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Dns implements Callable<Integer> {

  /// The largest packet that no usual network divides.
  static final int LARGEST_PACKET = 1232;

  private static final System.Logger LOG = System.getLogger("io.loop.samples.dns");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--zone",
      paramLabel = "FILE",
      description = "the names to answer for, in the format of RFC 1035 (default: none)")
  private @Nullable Path zone;

  @Option(
      names = "--upstream",
      paramLabel = "HOST:PORT",
      description = "the server to ask for all other names (default: they are refused)")
  private @Nullable String upstream;

  @Option(
      names = "--timeout",
      defaultValue = "2000",
      paramLabel = "MILLISECONDS",
      description = "how long to wait for its answer, each time (default: ${DEFAULT-VALUE})")
  private int timeout;

  @Option(
      names = "--attempts",
      defaultValue = "3",
      description = "how often to ask it (default: ${DEFAULT-VALUE})")
  private int attempts;

  @Option(
      names = "--cache",
      defaultValue = "10000",
      paramLabel = "ANSWERS",
      description = "how many of its answers to keep (default: ${DEFAULT-VALUE})")
  private int cacheSize;

  @Option(
      names = "--max-open",
      defaultValue = "500",
      description = "queries that may wait for it; more get a failure (default: ${DEFAULT-VALUE})")
  private int maxOpen;

  private int waiting;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--timeout", timeout);
    common.requirePositive("--attempts", attempts);
    common.requireNotNegative("--cache", cacheSize);
    common.requirePositive("--max-open", maxOpen);
    if (zone == null && upstream == null) {
      throw new ParameterException(
          spec.commandLine(), "nothing to answer: give --zone or --upstream");
    }
    InetSocketAddress address =
        upstream == null ? null : common.requireHostPort("--upstream", upstream);
    return ListenOptions.runUntilSignal(() -> run(address), options);
  }

  private void run(@Nullable InetSocketAddress upstreamAddress) throws IOException {
    Path file = zone;
    DnsZone names = file == null ? DnsZone.none() : Asyncio.toThread(() -> DnsZone.read(file));
    DnsUpstream other = upstreamAddress == null ? null : upstream(upstreamAddress);
    InetSocketAddress address = NettyLoop.getaddrinfo(listen.host(), listen.port()).getFirst();
    try (CoroutineChannel<DatagramDnsQuery> socket =
        ChannelClient.open(
            DatagramDnsQuery.class,
            pipeline ->
                pipeline.addLast(new DatagramDnsQueryDecoder(), new DatagramDnsResponseEncoder()),
            new Bootstrap().channel(common.transport().datagramType()),
            bootstrap -> bootstrap.bind(address))) {
      listen.announce((InetSocketAddress) socket.nettyChannel().localAddress());
      TaskGroup.run(group -> serve(socket, new DnsResolver(names, other, cacheSize, group), group));
    }
  }

  private DnsUpstream upstream(InetSocketAddress address) throws IOException {
    InetSocketAddress server =
        NettyLoop.getaddrinfo(address.getHostString(), address.getPort()).getFirst();
    return new DnsUpstream(common.transport(), server, Duration.ofMillis(timeout), attempts);
  }

  /// Answers what is known immediately. Every other query gets a task, which waits for the answer.
  private void serve(
      CoroutineChannel<DatagramDnsQuery> socket, DnsResolver resolver, TaskGroup group)
      throws IOException {
    for (; ; ) {
      try {
        DatagramDnsQuery query = socket.receive();
        if (query == null) {
          return;
        }
        DnsRequest request;
        try {
          request = new DnsRequest(query);
        } finally {
          ReferenceCountUtil.release(query);
        }
        DnsAnswer known = known(request, resolver);
        if (known != null) {
          send(socket, request.response(known, resolver.isRecursive()));
        } else {
          waiting++;
          group.createTask(() -> resolve(socket, request, resolver));
        }
      } catch (DecoderException malformed) {
        LOG.log(Level.DEBUG, "a packet was not a query", malformed);
      }
    }
  }

  /// {@return the answer if there is no need to wait for it, or null}
  private @Nullable DnsAnswer known(DnsRequest request, DnsResolver resolver) {
    DnsResponseCode obstacle = request.obstacle();
    if (obstacle != null) {
      return DnsAnswer.failure(obstacle);
    }
    DnsAnswer known = resolver.known(request.question());
    if (known != null) {
      return known;
    }
    if (!request.isRecursionDesired()) {
      return DnsAnswer.failure(DnsResponseCode.REFUSED);
    }
    return waiting < maxOpen ? null : DnsAnswer.failure(DnsResponseCode.SERVFAIL);
  }

  private void resolve(
      CoroutineChannel<DatagramDnsQuery> socket, DnsRequest request, DnsResolver resolver) {
    try {
      DnsAnswer answer = resolver.resolve(request.question());
      send(socket, request.response(answer, true));
    } finally {
      waiting--;
    }
  }

  /// Sends a response, unless the system does not take what was sent before: UDP may lose it
  /// anyway.
  private static void send(
      CoroutineChannel<DatagramDnsQuery> socket, DatagramDnsResponse response) {
    if (socket.nettyChannel().isWritable()) {
      socket.write(response);
    } else {
      ReferenceCountUtil.release(response);
    }
  }
}
