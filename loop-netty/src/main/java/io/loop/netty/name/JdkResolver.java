package io.loop.netty.name;

import io.loop.event.Loop;
import io.loop.netty.base.HostNames;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// Looks names up with the JDK, on threads of its own.
final class JdkResolver implements NameResolver {

  static final JdkResolver INSTANCE = new JdkResolver();

  private JdkResolver() {}

  @Override
  public List<InetAddress> resolve(String host) throws IOException {
    InetAddress literal = HostNames.literal(host);
    if (literal != null) {
      return List.of(literal);
    }
    HostNames.requireName(host);
    return LookupThreads.call(Loop.running(), () -> List.of(InetAddress.getAllByName(host)));
  }

  @Override
  public String toString() {
    return "jdk";
  }
}
