package io.loop.netty.transport;

import io.loop.netty.base.Range;
import io.loop.netty.base.Subnets;
import java.time.Duration;
import java.util.List;

/// What a server requires of the PROXY header with which its connections start; see
/// [`ServerOptions.withProxyProtocol`][io.loop.netty.stream.ServerOptions#withProxyProtocol(ProxyProtocol)].
///
/// A proxy, such as HAProxy, nginx or a cloud's load balancer, hides the addresses of its clients.
/// With the PROXY protocol it sends them ahead of everything else. The server accepts versions 1
/// and 2. The addresses in the header become the connection's `peername` and `sockname`, limits
/// count the peer that the header names, and `getExtraInfo("proxyHeader")` returns the whole
/// [ProxyHeader]. If the header names no peer (`UNKNOWN` and `LOCAL`, which proxies use for their
/// own checks), the addresses of the socket remain.
///
/// The body starts when the header has arrived, and with TLS after the handshake, which comes after
/// the header. A connection is closed without being served if it comes from a peer that is not
/// trusted, does not start with a header, takes too long over it, or has a header that is malformed
/// or too long. A length that a peer announces reserves no memory. Such connections count in
/// [`Server.refusedCount`][io.loop.netty.stream.Server#refusedCount]; the reasons are reported in
/// debug mode only, because any peer can cause them at any rate. Until the header has arrived a
/// connection counts in
/// [`ServerLimits.connections`][io.loop.netty.stream.ServerLimits#connections], so a limited number
/// can wait.
///
/// A peer that may send the header can pretend to be any other peer. So make sure that only proxies
/// can reach the port, or list them.
///
/// Source: the specification "The PROXY protocol, versions 1 & 2". Like `listen … proxy_protocol`
/// of nginx and `accept-proxy` of HAProxy, and as the specification demands, a server never guesses
/// whether there is a header.
///
/// @param trusted the peers that may connect, as addresses and subnets such as `10.0.0.0/8` and
///   `fd00::/8`; peers on Unix sockets always may
/// @param headerTimeout how long the header may take, from when the connection is accepted
/// @param maxFieldBytes how many bytes of additional fields the header may have; those that proxies
///   send take some hundreds
public record ProxyProtocol(List<String> trusted, Duration headerTimeout, int maxFieldBytes) {

  /// Every peer is trusted, the header may take 10 seconds, and have 2,048 bytes of additional
  /// fields.
  public static final ProxyProtocol DEFAULT =
      new ProxyProtocol(List.of("0.0.0.0/0", "::/0"), Duration.ofSeconds(10), 2048);

  /// Checks the values.
  ///
  /// @throws IllegalArgumentException if no peer is trusted, one of them is not an address or
  ///   subnet, the timeout is not positive, or the number of bytes is negative
  public ProxyProtocol {
    trusted = List.copyOf(trusted);
    if (trusted.isEmpty()) {
      throw new IllegalArgumentException("trusted should have an address or a subnet");
    }
    Subnets _ = Subnets.of(trusted, "trusted");
    Range.positive(headerTimeout, "headerTimeout");
    Range.atLeast(0, maxFieldBytes, "maxFieldBytes");
  }

  /// {@return these requirements with other trusted peers}
  ///
  /// @param trusted addresses and subnets; connections from all others are closed
  public ProxyProtocol withTrusted(String... trusted) {
    return new ProxyProtocol(List.of(trusted), headerTimeout, maxFieldBytes);
  }

  /// {@return these requirements with another timeout for the header}
  ///
  /// @param headerTimeout how long the header may take
  public ProxyProtocol withHeaderTimeout(Duration headerTimeout) {
    return new ProxyProtocol(trusted, headerTimeout, maxFieldBytes);
  }

  /// {@return these requirements with another limit of additional fields}
  ///
  /// @param maxFieldBytes how many bytes of additional fields the header may have
  public ProxyProtocol withMaxFieldBytes(int maxFieldBytes) {
    return new ProxyProtocol(trusted, headerTimeout, maxFieldBytes);
  }
}
