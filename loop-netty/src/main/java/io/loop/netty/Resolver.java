package io.loop.netty;

import io.loop.event.Loop;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Resolves host names without blocking the loop.
final class Resolver {

  private Resolver() {}

  /// {@return the addresses of a host, in the system's order} Coroutine only; suspends unless the
  /// host is already an address.
  ///
  /// @throws UnknownHostException if it has none
  static List<InetAddress> resolve(String host) throws IOException {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null) {
      return List.of(host.indexOf('%') < 0 ? InetAddress.getByAddress(literal) : scoped(host));
    }
    return LookupThreads.call(Loop.running(), () -> List.of(InetAddress.getAllByName(host)));
  }

  /// {@return the address of a literal with a scope: `fe80::1%eth0`}
  private static InetAddress scoped(String literal) throws UnknownHostException {
    try {
      return InetAddress.ofLiteral(literal);
    } catch (IllegalArgumentException noInterface) {
      var fault =
          new UnknownHostException(
              "this machine does not have the network interface in " + literal);
      fault.initCause(noInterface);
      throw fault;
    }
  }
}
