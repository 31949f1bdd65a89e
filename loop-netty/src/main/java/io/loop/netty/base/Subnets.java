package io.loop.netty.base;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

/// A set of addresses and subnets.
public record Subnets(List<IpSubnetFilterRule> rules) {

  /// {@return the set of some addresses and subnets, such as `10.0.0.0/8`}
  ///
  /// @param name the name of the option, for the exception
  /// @throws IllegalArgumentException if one of them is neither
  public static Subnets of(List<String> subnets, String name) {
    return new Subnets(subnets.stream().map(subnet -> rule(subnet, name)).toList());
  }

  /// {@return whether a peer is in the set} Peers on Unix sockets are in every set.
  public boolean includes(SocketAddress peer) {
    return !(peer instanceof InetSocketAddress internet)
        || rules.stream().anyMatch(rule -> rule.matches(internet));
  }

  private static IpSubnetFilterRule rule(String subnet, String name) {
    try {
      return subnet.indexOf('/') < 0
          ? new IpSubnetFilterRule(
              subnet, subnet.indexOf(':') < 0 ? 32 : 128, IpFilterRuleType.ACCEPT)
          : new IpSubnetFilterRule(subnet, IpFilterRuleType.ACCEPT);
    } catch (IllegalArgumentException fault) {
      throw new IllegalArgumentException(
          name + " should have addresses and subnets, such as 10.0.0.0/8, got " + subnet, fault);
    }
  }
}
