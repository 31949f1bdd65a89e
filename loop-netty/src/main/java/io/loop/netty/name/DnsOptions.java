package io.loop.netty.name;

import io.loop.netty.base.Addresses;
import io.loop.netty.base.Range;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How [NameResolver#dns(DnsOptions)] looks names up.
///
/// @param servers the name servers, in the order in which they are asked; empty for those of the
///   system
/// @param searchDomains the domains that are appended to a name without a dot at its end; null for
///   those of the system
/// @param ndots how many dots a name needs to be asked for as it is before it is tried in the
///   search domains; only used if `searchDomains` is not null
/// @param queryTimeout how long to wait for the answer of a server before the next is asked, and
///   after the last one all of them once more; null for the system's, which is 5 seconds unless
///   `/etc/resolv.conf` says otherwise
/// @param timeout the time limit of a whole look-up, with all its queries
/// @param cachedNames how many names each loop remembers; 0 for no cache. The one that was not used
///   for the longest time makes room for a new one
/// @param minTtl the shortest time for which addresses are remembered, whatever the server says
/// @param maxTtl the longest time for which addresses are remembered
/// @param negativeTtl how long to remember that a name does not exist or has no addresses; zero not
///   to remember it. Failures of a server are never remembered
public record DnsOptions(
    List<InetSocketAddress> servers,
    @Nullable List<String> searchDomains,
    int ndots,
    @Nullable Duration queryTimeout,
    Duration timeout,
    int cachedNames,
    Duration minTtl,
    Duration maxTtl,
    Duration negativeTtl) {

  /// The system's servers, search domains and query timeout. 15 seconds for a look-up, 1,000 names
  /// in a loop's cache. Addresses are remembered as long as the server says, but not for more than
  /// 5 minutes, and failures for 10 seconds, as the JDK does.
  public static final DnsOptions DEFAULT =
      new DnsOptions(
          List.of(),
          null,
          1,
          null,
          Duration.ofSeconds(15),
          1_000,
          Duration.ZERO,
          Duration.ofMinutes(5),
          Duration.ofSeconds(10));

  /// Checks the options, and copies the lists.
  ///
  /// @throws IllegalArgumentException if a server is unresolved, a timeout is not positive, another
  ///   number or duration is negative, `ndots` is below 1, or `minTtl` is longer than `maxTtl`
  public DnsOptions {
    servers = List.copyOf(servers);
    searchDomains = searchDomains == null ? null : List.copyOf(searchDomains);
    for (InetSocketAddress server : servers) {
      if (server.isUnresolved()) {
        throw new IllegalArgumentException(
            "the name server is not an address: " + Addresses.text(server));
      }
    }
    Range.atLeast(1, ndots, "ndots");
    if (queryTimeout != null) {
      Range.positive(queryTimeout, "queryTimeout");
    }
    Range.positive(timeout, "timeout");
    Range.atLeast(0, cachedNames, "cachedNames");
    Range.notNegative(minTtl, "minTtl");
    Range.notNegative(negativeTtl, "negativeTtl");
    if (minTtl.compareTo(maxTtl) > 0) {
      throw new IllegalArgumentException(
          "minTtl should not be longer than maxTtl, got " + minTtl + " and " + maxTtl);
    }
  }

  /// {@return these options with name servers}
  ///
  /// @param servers their addresses, in the order in which they are asked; the usual port is 53
  public DnsOptions withServers(InetSocketAddress... servers) {
    return new DnsOptions(
        List.of(servers),
        searchDomains,
        ndots,
        queryTimeout,
        timeout,
        cachedNames,
        minTtl,
        maxTtl,
        negativeTtl);
  }

  /// {@return these options with search domains}
  ///
  /// @param domains the domains; none to ask for each name as it is
  /// @param ndots how many dots a name needs to be asked for as it is first; 1 is usual
  public DnsOptions withSearchDomains(List<String> domains, int ndots) {
    return new DnsOptions(
        servers, domains, ndots, queryTimeout, timeout, cachedNames, minTtl, maxTtl, negativeTtl);
  }

  /// {@return these options with other time limits}
  ///
  /// @param queryTimeout how long to wait for the answer of a server
  /// @param timeout the time limit of a whole look-up
  public DnsOptions withTimeouts(Duration queryTimeout, Duration timeout) {
    return new DnsOptions(
        servers,
        searchDomains,
        ndots,
        queryTimeout,
        timeout,
        cachedNames,
        minTtl,
        maxTtl,
        negativeTtl);
  }

  /// {@return these options with another cache}
  ///
  /// @param names how many names each loop remembers; 0 for no cache
  /// @param minTtl the shortest time for which addresses are remembered
  /// @param maxTtl the longest time for which addresses are remembered
  /// @param negativeTtl how long to remember that a name does not exist or has no addresses
  public DnsOptions withCache(int names, Duration minTtl, Duration maxTtl, Duration negativeTtl) {
    return new DnsOptions(
        servers, searchDomains, ndots, queryTimeout, timeout, names, minTtl, maxTtl, negativeTtl);
  }
}
