package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.LoopKind;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.datagram.DatagramEndpoint;
import io.loop.netty.datagram.DatagramOptions;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.socket.Resolver;
import io.loop.netty.stream.ConnectionOptions;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.StreamConnection;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which resolver is asked: that of the options, of the loop, of the process.
class NameResolverTest extends OnNetty {

  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final DnsOptions OPTIONS =
      DnsOptions.DEFAULT.withSearchDomains(List.of(), 1).withTimeouts(PATIENCE, PATIENCE);

  static Iterator<LoopKind> kinds() {
    return LoopKind.all().iterator();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void names_ofServersConnectionsAndEndpoints_areAskedFor(LoopKind kind) {
    try (var server = new NameServer()) {
      server.on("service.test", 60, "::1", "127.0.0.1");
      server.on("listener.test", 60, "127.0.0.1");
      NameResolver resolver = NameResolver.dns(OPTIONS.withServers(server.address()));
      kind.run(_ -> {
        NettyLoop.setNameResolver(Loop.running(), resolver);
        assertThat(NettyLoop.getNameResolver(Loop.running())).isSameAs(resolver);

        Server echo =
            Streams.startServer(
                (reader, writer) -> writer.write(reader.readLine()), "listener.test", 0);
        int port = echo.localAddress().getPort();
        for (ConnectionOptions options :
            List.of(
                ConnectionOptions.DEFAULT,
                ConnectionOptions.DEFAULT.withHappyEyeballs(Duration.ofMillis(250)))) {
          StreamConnection connection = Streams.openConnection("service.test", port, options);
          connection.writer().write("hello\n".getBytes(StandardCharsets.US_ASCII));
          assertThat(connection.reader().readLine()).asString().isEqualTo("hello\n");
          connection.writer().close();
          connection.writer().waitClosed();
        }
        echo.close();
        echo.waitClosed();

        DatagramEndpoint endpoint =
            Datagrams.createDatagramEndpoint(
                InetSocketAddress.createUnresolved("listener.test", 0), null);
        assertThat(endpoint.localAddress().getAddress()).isEqualTo(HERE);
        endpoint.close();
        endpoint.waitClosed();

        assertThat(NettyLoop.getaddrinfo("listener.test", 7))
            .containsExactly(new InetSocketAddress(HERE, 7));
      });
      assertThat(server.askedFor("listener.test.")).as("once for each family").isEqualTo(2);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolver_ofTheOptions_comesFirstAndGetsNamesOnly(Transport transport) {
    List<String> asked = new ArrayList<>();
    NameResolver own =
        host -> {
          asked.add(host);
          Asyncio.sleep(Duration.ZERO); // it may suspend
          return List.of(HERE);
        };
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, _) -> {}, "own.server", 0, ServerOptions.DEFAULT.withResolver(own));
          int port = server.localAddress().getPort();
          var options = ConnectionOptions.DEFAULT.withResolver(own);
          for (String host : List.of("own.client", "127.0.0.1")) {
            StreamConnection connection = Streams.openConnection(host, port, options);
            connection.writer().close();
            connection.writer().waitClosed();
          }
          server.close();
          server.waitClosed();
          DatagramEndpoint endpoint =
              Datagrams.createDatagramEndpoint(
                  InetSocketAddress.createUnresolved("own.endpoint", 0),
                  null,
                  DatagramOptions.DEFAULT.withResolver(own));
          endpoint.close();
          endpoint.waitClosed();
        });
    assertThat(asked).containsExactly("own.server", "own.client", "own.endpoint");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void resolve_hostsThatCannotBe_areUnknown(Transport transport) {
    run(
        transport,
        () -> {
          for (NameResolver resolver : List.of(NameResolver.dns(), NameResolver.jdk())) {
            NettyLoop.setNameResolver(Loop.running(), resolver);
            assertThatThrownBy(() -> NettyLoop.getaddrinfo("", 1))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("the host name is empty");
            assertThat(NettyLoop.getaddrinfo("localhost", 1))
                .contains(new InetSocketAddress(HERE, 1));
            assertThat(NettyLoop.getaddrinfo("::1", 1))
                .containsExactly(new InetSocketAddress(InetAddress.ofLiteral("::1"), 1));
            assertThat(resolver.resolve("192.0.2.1"))
                .containsExactly(InetAddress.ofLiteral("192.0.2.1"));
            assertThatThrownBy(() -> NettyLoop.getaddrinfo("fe80::1%none", 1))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("fe80::1%none");
          }
          NettyLoop.setNameResolver(Loop.running(), _ -> List.of());
          assertThatThrownBy(() -> NettyLoop.getaddrinfo("a.test", 1))
              .isInstanceOf(UnknownHostException.class)
              .hasMessage("a.test: the resolver returned no address");
          assertThatThrownBy(() -> NettyLoop.getaddrinfo("a.test", 65_536))
              .isInstanceOf(IllegalArgumentException.class);
        });
  }

  @Test
  void property_selectsTheResolverOfALoop() {
    try {
      System.setProperty("io.loop.resolver", "JDK");
      assertThat(Resolver.preset()).isSameAs(NameResolver.jdk());
      try (Loop loop = NettyLoop.create()) {
        assertThat(NettyLoop.getNameResolver(loop)).isSameAs(NameResolver.jdk());
        System.clearProperty("io.loop.resolver");
        assertThat(NettyLoop.getNameResolver(loop)).as("read once").isSameAs(NameResolver.jdk());
      }
      assertThat(Resolver.preset()).isSameAs(NameResolver.dns());
      System.setProperty("io.loop.resolver", "nis");
      assertThatThrownBy(Resolver::preset)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("unknown resolver 'nis' in io.loop.resolver; choose one of dns, jdk");
    } finally {
      System.clearProperty("io.loop.resolver");
    }
  }

  @Test
  void dns_onAnExecutorWithoutSockets_isTheJdksUnlessServersAreNamed() throws Exception {
    var executor = new DefaultEventExecutor();
    try {
      NameResolver named = NameResolver.dns(OPTIONS.withServers(new InetSocketAddress(HERE, 1)));
      Asyncio.runCoroutineThreadsafe(
              Coro.of(() -> {
                assertThat(NameResolver.dns().resolve("localhost")).contains(HERE);
                assertThatThrownBy(() -> named.resolve("a.test"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no sockets");
              }),
              NettyLoop.of(executor))
          .join();
    } finally {
      executor.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofAnAttachedLoopDuringLookups_leavesNoChannel(Transport transport) throws Exception {
    var group = new MultiThreadIoEventLoopGroup(1, handlers(transport));
    try (var server = new NameServer()) {
      server.on("silent.test", _ -> {});
      server.on(
          "big.test",
          asked -> {
            if (!asked.isTcp()) {
              asked.send(asked.response().setTruncated(true));
            }
          });
      var resolver = new DnsResolver(OPTIONS.withServers(server.address()));
      EventLoop eventLoop = group.next();
      Loop loop = NettyLoop.of(eventLoop);

      DnsLookups lookups =
          Asyncio.runCoroutineThreadsafe(
                  () -> {
                    DnsLookups here = Objects.requireNonNull(resolver.on(loop));
                    Task<?> givenUp = Asyncio.createTask(() -> resolver.resolve("big.test"));
                    until(() -> server.asked().size() == 4);
                    assertThat(here.sockets()).isPositive();
                    givenUp.cancel();
                    until(() -> here.sockets() == 0);

                    Asyncio.createTask(() -> resolver.resolve("silent.test"));
                    Asyncio.createTask(() -> resolver.resolve("big.test"));
                    until(() -> server.asked().size() == 10);
                    return here;
                  },
                  loop)
              .join();
      try (var log = new CapturedLog("io.loop")) {
        eventLoop.submit(loop::close).sync();
        assertThat(log.messages()).allMatch(line -> line.contains("destroyed but it is pending"));
      }

      while (eventLoop.submit(lookups::sockets).get() > 0) {
        Thread.onSpinWait(); // closing takes a turn of the event loop
      }
    } finally {
      group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
    }
  }
}
