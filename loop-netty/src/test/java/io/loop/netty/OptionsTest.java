package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Runner;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.datagram.DatagramOptions;
import io.loop.netty.name.DnsOptions;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.transport.TlsOptions;
import io.loop.process.SubprocessOptions;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What options refuse when they are made, and not when they are used.
class OptionsTest {

  private static final Duration NEGATIVE = Duration.ofNanos(-1);
  private static final ServerOptions SERVER = ServerOptions.DEFAULT;
  private static final ConnectionOptions CONNECTION = ConnectionOptions.DEFAULT;
  private static final DatagramOptions DATAGRAM = DatagramOptions.DEFAULT;
  private static final DnsOptions DNS = DnsOptions.DEFAULT;
  private static final ServerLimits LIMITS = ServerLimits.DEFAULT;

  private static TlsOptions tls() {
    return TlsOptions.of(Certificates.clientContext());
  }

  private static Arguments refused(String message, ThrowingCallable making) {
    return Arguments.of(message, making);
  }

  static Stream<Arguments> values() {
    return Stream.of(
        refused("limit should be 1 or more, got 0", () -> SERVER.withLimit(0)),
        refused("backlog should be 1 or more, got 0", () -> SERVER.withBacklog(0)),
        refused(
            "grace should not be a negative duration, got PT", () -> SERVER.withGrace(NEGATIVE)),
        refused("limit should be 1 or more, got -1", () -> CONNECTION.withLimit(-1)),
        refused("interleave should be 0 or more, got -1", () -> CONNECTION.withInterleave(-1)),
        refused(
            "happyEyeballsDelay should not be a negative duration",
            () -> CONNECTION.withHappyEyeballs(NEGATIVE)),
        refused(
            "the local address is not resolved",
            () -> CONNECTION.withLocalAddress(InetSocketAddress.createUnresolved("a", 1))),
        refused(
            "the name server is not an address: ns.test:53",
            () -> DNS.withServers(InetSocketAddress.createUnresolved("ns.test", 53))),
        refused("ndots should be 1 or more, got 0", () -> DNS.withSearchDomains(List.of(), 0)),
        refused(
            "queryTimeout should be a positive duration, got PT0S",
            () -> DNS.withTimeouts(Duration.ZERO, Duration.ofSeconds(1))),
        refused(
            "timeout should be a positive duration, got PT0S",
            () -> DNS.withTimeouts(Duration.ofSeconds(1), Duration.ZERO)),
        refused(
            "cachedNames should be 0 or more, got -1",
            () -> DNS.withCache(-1, Duration.ZERO, Duration.ZERO, Duration.ZERO)),
        refused(
            "minTtl should not be longer than maxTtl, got PT1S and PT0S",
            () -> DNS.withCache(1, Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO)),
        refused(
            "negativeTtl should not be a negative duration",
            () -> DNS.withCache(1, Duration.ZERO, Duration.ZERO, NEGATIVE)),
        refused("queueLimit should be 1 or more, got 0", () -> DATAGRAM.withQueue(0, 1)),
        refused("queueBytes should be 1 or more, got 0", () -> DATAGRAM.withQueue(1, 0)),
        refused("connections should be 1 or more, got 0", () -> LIMITS.withConnections(0, 1)),
        refused(
            "connectionsPerAddress should be 1 or more, got 0", () -> LIMITS.withConnections(1, 0)),
        refused(
            "idleTimeout should be a positive duration, got PT0S",
            () -> LIMITS.withIdleTimeout(Duration.ZERO)),
        refused(
            "firstMessageTimeout should be a positive duration",
            () -> LIMITS.withFirstMessageTimeout(NEGATIVE)),
        refused(
            "handshakeTimeout should be a positive duration, got PT0S",
            () -> tls().withHandshakeTimeout(Duration.ZERO)),
        refused(
            "shutdownTimeout should be a positive duration, got PT0S",
            () -> tls().withShutdownTimeout(Duration.ZERO)),
        refused(
            "serverHostname should be a name or an address", () -> tls().withServerHostname(" ")),
        refused("0 <= low < high", () -> HandlerOptions.DEFAULT.withWaterMarks(4, 4)),
        refused("0 <= low < high", () -> HandlerOptions.DEFAULT.withWaterMarks(4, -1)),
        refused(
            "at least 1, not 0",
            () ->
                CoroutineHandler.perMessage(
                    String.class, (_, _) -> "x", 0, HandlerOptions.DEFAULT)),
        refused("at least one loop, not 0", () -> new LoopGroup(0)),
        refused("limit should be 1 or more, got 0", () -> SubprocessOptions.PIPES.withLimit(0)),
        refused("ticks must be at least 1", () -> ticks(0, Duration.ZERO)),
        refused("budget must not be negative", () -> ticks(1, NEGATIVE)));
  }

  private static void ticks(int ticks, Duration budget) {
    try (Loop loop = NettyLoop.create()) {
      loop.setTicksPerPoll(ticks, budget);
    }
  }

  @ParameterizedTest
  @MethodSource("values")
  void value_thatCannotWork_isRefusedWithItsRange(String message, ThrowingCallable making) {
    assertThatThrownBy(making)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  @SuppressWarnings("NullAway") // as a program without a checker may do
  void nothing_whereSomethingIsNeeded_isRefused() {
    assertThatThrownBy(() -> SERVER.withLimits(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> SERVER.withGrace(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> Runner.Options.DEFAULT.withLoopFactory(null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> SubprocessOptions.PIPES.withStdin(null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void bounds_ofTheRanges_areTaken() {
    assertThat(SERVER.withLimit(1).withBacklog(1).withGrace(Duration.ZERO).grace()).isZero();
    assertThat(CONNECTION.withLimit(1).withInterleave(0).limit()).isOne();
    assertThat(LIMITS.withConnections(1, 1).withIdleTimeout(Duration.ofNanos(1)).connections())
        .isOne();
    assertThat(LIMITS.withConnections(7))
        .isEqualTo(LIMITS.withConnections(7, LIMITS.connectionsPerAddress()));
    assertThat(DATAGRAM.withQueue(1, 1).queueBytes()).isOne();
  }
}
