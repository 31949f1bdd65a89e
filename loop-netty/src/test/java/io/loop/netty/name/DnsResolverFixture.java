package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Options with short time limits, look-ups, and how they fail.
abstract class DnsResolverFixture extends OnNetty {

  static final Duration SHORT = Duration.ofMillis(50);
  static final Duration LONGER = Duration.ofSeconds(1); // an answer comes in less

  static final DnsOptions OPTIONS =
      DnsOptions.DEFAULT.withSearchDomains(List.of(), 1).withTimeouts(PATIENCE, PATIENCE);

  static DnsResolver asking(NameServer... servers) {
    return asking(OPTIONS, servers);
  }

  static DnsResolver asking(DnsOptions options, NameServer... servers) {
    return new DnsResolver(
        options.withServers(
            Arrays.stream(servers).map(NameServer::address).toArray(InetSocketAddress[]::new)));
  }

  static List<String> look(NameResolver resolver, String host) throws IOException {
    return resolver.resolve(host).stream().map(InetAddress::getHostAddress).toList();
  }

  static DnsLookups here(DnsResolver resolver) {
    return Objects.requireNonNull(resolver.on(Loop.running()));
  }

  static void truncatedOverUdp(NameServer.Asked asked) {
    if (asked.isTcp()) {
      asked.answer(60, "192.0.2.9");
    } else {
      asked.send(asked.response().setTruncated(true));
    }
  }

  static void fails(NameResolver resolver, String host, String message) {
    assertThatThrownBy(() -> resolver.resolve(host))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage(message);
  }
}
