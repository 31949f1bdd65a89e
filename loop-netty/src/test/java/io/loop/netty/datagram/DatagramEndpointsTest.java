package io.loop.netty.datagram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.OnNetty;
import io.loop.netty.base.Addresses;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How datagram endpoints are made and closed, also on attached loops.
class DatagramEndpointsTest extends DatagramsFixture {

  @ParameterizedTest
  @MethodSource("transports")
  void close_withPacketsPending_sendsThemFirst(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = open();
          DatagramEndpoint sender = open();
          for (String text : List.of("a", "", "b")) {
            sender.send(ascii(text), receiver.localAddress());
          }

          sender.close();
          sender.send(ascii("late"), receiver.localAddress());
          sender.waitClosed();

          assertThat(textOf(receiver.receive())).isEqualTo("a");
          assertThat(textOf(receiver.receive())).isEmpty();
          assertThat(textOf(receiver.receive())).isEqualTo("b");
          polls(5);
          assertThat(receiver.queued()).isZero();
          closed(receiver);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void abort_withPacketsPending_dropsThemAndEndsReceivers(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = open();
          DatagramEndpoint sender = connectTo(receiver);
          Task<Datagram> receiving = Asyncio.createTask(sender::receive);
          Asyncio.sleep(TICK);
          sender.send(ascii("x"));

          sender.abort();
          sender.waitClosed();

          assertThat(receiving.await()).isNull();
          assertThatThrownBy(sender::drain).isInstanceOf(SocketException.class);
          polls(5);
          assertThat(receiver.queued()).isZero();
          closed(receiver);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void create_addressTaken_failsUnlessThePortIsShared(Transport transport) {
    run(
        transport,
        () -> {
          DatagramOptions shared = DatagramOptions.DEFAULT.withReusePort();
          DatagramEndpoint first = Datagrams.createDatagramEndpoint(ANY_PORT, null, shared);
          InetSocketAddress taken = first.localAddress();

          assertThatThrownBy(() -> Datagrams.createDatagramEndpoint(taken, null))
              .isInstanceOf(BindException.class)
              .hasMessageContaining(Addresses.text(taken));
          DatagramEndpoint second = Datagrams.createDatagramEndpoint(taken, null, shared);

          assertThat(second.localAddress()).isEqualTo(taken);
          closed(second);
          closed(first);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void create_hostName_isLookedUp(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint endpoint =
              Datagrams.createDatagramEndpoint(
                  InetSocketAddress.createUnresolved("localhost", 0), null);

          assertThat(endpoint.localAddress().getAddress().isLoopbackAddress()).isTrue();
          assertThatThrownBy(() -> Datagrams.createDatagramEndpoint(null, null))
              .isInstanceOf(IllegalArgumentException.class);
          closed(endpoint);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void create_cancelled_leavesNoSocket(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint probe = closed(open());
          InetSocketAddress address = probe.localAddress();
          Task<DatagramEndpoint> creating =
              Asyncio.createTask(() -> Datagrams.createDatagramEndpoint(address, null));
          Asyncio.sleep(TICK);

          creating.cancel();
          assertThatThrownBy(creating::await).isInstanceOf(CancelledError.class);

          polls(5);
          closed(Datagrams.createDatagramEndpoint(address, null));
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void attachedLoop_onAnotherEventLoop_sendsAndReceives(Transport transport) throws Exception {
    var group = new MultiThreadIoEventLoopGroup(1, OnNetty.handlers(transport));
    try {
      Loop loop = NettyLoop.of(group.next());
      String got =
          Asyncio.runCoroutineThreadsafe(
                  () -> {
                    DatagramEndpoint endpoint = open();
                    DatagramEndpoint sender = open();
                    sender.send(ascii(""), endpoint.localAddress());
                    sender.send(ascii("x"), endpoint.localAddress());
                    String text = textOf(endpoint.receive()) + textOf(endpoint.receive());
                    closed(sender);
                    closed(endpoint);
                    return text;
                  },
                  loop)
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

      assertThat(got).isEqualTo("x");
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void attachedLoop_onAnExecutorWithoutSockets_saysSo() throws Exception {
    EventExecutor executor = new DefaultEventLoop();
    try {
      var answer =
          Asyncio.runCoroutineThreadsafe(DatagramEndpointsTest::open, NettyLoop.of(executor));

      assertThatThrownBy(() -> answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no sockets");
    } finally {
      executor.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }
}
