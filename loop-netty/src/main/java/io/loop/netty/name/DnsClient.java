package io.loop.netty.name;

import io.loop.netty.base.Durations;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.HostsFileEntriesResolver;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.DnsCnameCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Sets up Netty's resolver as a client of name servers, and nothing more.
final class DnsClient {

  /*
   * Netty reads `attempts` of resolv.conf as the number of all queries of a look-up, in which two
   * would not even follow an alias. So the number is set here. Payloads that fit into one packet of
   * any network are asked for (1,232 bytes, from the DNS flag day 2020); longer answers come over
   * TCP.
   */

  private static final int MOST_QUERIES = 16;
  private static final int MOST_PAYLOAD = 1_232;

  private DnsClient() {}

  /// {@return a resolver} Loop thread only.
  ///
  /// @param findingsOf finds the look-up of a question, to which its results are reported
  static DnsNameResolver create(
      EventLoop eventLoop,
      DnsChannels channels,
      DnsOptions options,
      Function<String, @Nullable DnsFindings> findingsOf) {
    var millis = new long[1];
    var builder =
        new DnsNameResolverBuilder(eventLoop)
            .datagramChannelFactory(channels::datagram)
            .socketChannelFactory(channels::stream)
            .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
            .localAddress(null) // the system chooses a port, and the family of the server
            .resolvedAddressTypes(types())
            .hostsFileEntriesResolver(new NoHosts())
            .resolveCache(new TimesOfAddresses(findingsOf))
            .cnameCache(new TimesOfAliases(findingsOf))
            .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
            .dnsQueryLifecycleObserverFactory(
                question -> new DnsReport(findingsOf.apply(question.name()), question, millis[0]))
            .maxQueriesPerResolve(MOST_QUERIES)
            .maxPayloadSize(MOST_PAYLOAD);
    if (options.queryTimeout() != null) {
      builder.queryTimeoutMillis(
          Math.min(Integer.MAX_VALUE, Durations.millis(options.queryTimeout())));
    }
    List<InetSocketAddress> servers = options.servers();
    if (!servers.isEmpty()) {
      builder.nameServerProvider(new SequentialDnsServerAddressStreamProvider(servers));
    }
    if (options.searchDomains() != null) {
      builder.searchDomains(options.searchDomains()).ndots(options.ndots());
    }
    DnsNameResolver made = builder.build();
    millis[0] = made.queryTimeoutMillis();
    return made;
  }

  private static ResolvedAddressTypes types() {
    if (NetUtil.isIpV4StackPreferred()) {
      return ResolvedAddressTypes.IPV4_ONLY;
    }
    return NetUtil.isIpV6AddressesPreferred()
        ? ResolvedAddressTypes.IPV6_PREFERRED
        : ResolvedAddressTypes.IPV4_PREFERRED;
  }

  /// [HostsFile] was asked before.
  private static final class NoHosts implements HostsFileEntriesResolver {

    @Override
    public @Nullable InetAddress address(String host, ResolvedAddressTypes types) {
      return null;
    }
  }

  /// Remembers nothing, but notes how long addresses hold.
  ///
  /// @param findingsOf finds the look-up of a name
  private record TimesOfAddresses(Function<String, @Nullable DnsFindings> findingsOf)
      implements DnsCache {

    private record Entry(@Nullable InetAddress address, @Nullable Throwable cause)
        implements DnsCacheEntry {}

    @Override
    public void clear() {}

    @Override
    public boolean clear(String host) {
      return false;
    }

    @Override
    public List<? extends DnsCacheEntry> get(String host, DnsRecord[] additional) {
      return List.of();
    }

    @Override
    public DnsCacheEntry cache(
        String host,
        DnsRecord[] additional,
        InetAddress address,
        long ttlSeconds,
        EventLoop eventLoop) {
      note(findingsOf.apply(host), ttlSeconds);
      return new Entry(address, null);
    }

    @Override
    public DnsCacheEntry cache(
        String host, DnsRecord[] additional, Throwable cause, EventLoop eventLoop) {
      return new Entry(null, cause);
    }
  }

  /// Remembers nothing, but notes how long aliases hold.
  ///
  /// @param findingsOf finds the look-up of a name
  private record TimesOfAliases(Function<String, @Nullable DnsFindings> findingsOf)
      implements DnsCnameCache {

    @Override
    public @Nullable String get(String host) {
      return null;
    }

    @Override
    public void cache(String host, String alias, long ttlSeconds, EventLoop eventLoop) {
      note(findingsOf.apply(host), ttlSeconds);
    }

    @Override
    public void clear() {}

    @Override
    public boolean clear(String host) {
      return false;
    }
  }

  private static void note(@Nullable DnsFindings findings, long ttlSeconds) {
    if (findings != null) {
      findings.holdsFor(ttlSeconds);
    }
  }
}
