package io.loop.netty.name;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.netty.base.HostNames;
import io.loop.netty.poller.EventLoops;
import io.loop.netty.poller.NettyDriver;
import io.loop.task.Tasks;
import io.netty.channel.IoEventLoop;
import io.netty.resolver.dns.UnixResolverDnsServerAddressStreamProvider;
import io.netty.util.internal.PlatformDependent;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Looks names up with Netty's DNS client, on the event loop of the loop that asks.
final class DnsResolver implements NameResolver {

  /*
   * Each loop has its own look-ups for each resolver that it has used. A resolver that nothing
   * refers to any more takes them with it: between look-ups they hold nothing but memory.
   */

  static final DnsResolver SYSTEM = new DnsResolver(DnsOptions.DEFAULT);

  private static final System.Logger LOG = System.getLogger("io.loop");
  private static final AtomicBoolean TOLD = new AtomicBoolean();
  private static final String SERVERS_FILE = "/etc/resolv.conf";
  private static final String MAC_SERVERS =
      "io.netty.resolver.dns.macos.MacOSDnsServerAddressStreamProvider";

  private static final LoopLocal<OfLoop> LOOKUPS = LoopLocal.withInitial(_ -> new OfLoop());

  /// The look-ups of one loop.
  private static final class OfLoop implements AutoCloseable {
    private final Map<DnsResolver, DnsLookups> each = new WeakHashMap<>();

    @Override
    public void close() {
      each.values().forEach(DnsLookups::close);
      each.clear();
    }
  }

  private final DnsOptions options;
  private final HostsFile hosts;

  DnsResolver(DnsOptions options) {
    this(options, HostsFile.SYSTEM);
  }

  DnsResolver(DnsOptions options, HostsFile hosts) {
    this.options = options;
    this.hosts = hosts;
  }

  @Override
  public List<InetAddress> resolve(String host) throws IOException {
    InetAddress literal = HostNames.literal(host);
    if (literal != null) {
      return List.of(literal);
    }
    DnsLookups lookups = on(Loop.running());
    return lookups == null ? NameResolver.jdk().resolve(host) : lookups.resolve(host);
  }

  /// {@return the look-ups on a loop; null if there are no servers or no sockets to ask them} Loop
  /// thread and coroutines of the loop only.
  @Nullable DnsLookups on(Loop loop) {
    Map<DnsResolver, DnsLookups> here = LOOKUPS.get(loop).each;
    DnsLookups known = here.get(this);
    if (known != null) {
      return known;
    }
    if (options.servers().isEmpty() && !(hasSockets(loop) && systemHasServers())) {
      return null;
    }
    DnsLookups made = Tasks.onLoopThread(() -> new DnsLookups(loop, options, hosts));
    here.put(this, made);
    return made;
  }

  private static boolean hasSockets(Loop loop) {
    return NettyDriver.of(loop).executor() instanceof IoEventLoop sockets
        && EventLoops.transportOf(sockets) != null;
  }

  /// Without servers Netty would ask public ones.
  private static boolean systemHasServers() {
    if (PlatformDependent.isWindows()) {
      return false;
    }
    if (PlatformDependent.isOsx()) {
      return isPresent(MAC_SERVERS);
    }
    try {
      var _ = new UnixResolverDnsServerAddressStreamProvider(new File(SERVERS_FILE));
      return true;
    } catch (IOException | IllegalArgumentException none) {
      if (!TOLD.getAndSet(true)) {
        LOG.log(
            System.Logger.Level.INFO,
            "Looking up host names with the JDK, because no name server is known: "
                + none.getMessage());
      }
      return false;
    }
  }

  private static boolean isPresent(String name) {
    try {
      Class<?> _ = Class.forName(name, false, DnsResolver.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException missing) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "dns" + (options.servers().isEmpty() ? "" : options.servers());
  }
}
