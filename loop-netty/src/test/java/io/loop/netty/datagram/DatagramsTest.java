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
import io.loop.task.TaskOptions;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Datagram endpoints on every transport. Long, because the cases share their peers.
class DatagramsTest extends OnNetty {

  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.ofLiteral(ownAddress(1)), 0);
  private static final Duration TICK = Duration.ZERO;

  private static DatagramEndpoint open() throws IOException {
    return Datagrams.createDatagramEndpoint(ANY_PORT, null);
  }

  private static DatagramEndpoint connectTo(DatagramEndpoint peer) throws IOException {
    return Datagrams.createDatagramEndpoint(null, peer.localAddress());
  }

  private static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String textOf(Datagram packet) {
    return new String(packet.data(), StandardCharsets.US_ASCII);
  }

  private static DatagramEndpoint closed(DatagramEndpoint endpoint) {
    endpoint.close();
    endpoint.waitClosed();
    return endpoint;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void echo_packetsOfAllSizes_comeBackOneByOne(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint server = open();
          Task<?> echo =
              Asyncio.createTask(() -> {
                for (Datagram packet : server) {
                  server.send(packet.data(), packet.sender());
                }
              });
          DatagramEndpoint client = connectTo(server);
          for (int size : List.of(1, 0, 2_048, 2_049, 0, 0, 9_000, 65_507)) {
            byte[] data = randomBytes(size);
            if (size == 0 && transport == Transport.NIO) {
              continue; // see send_emptyOnAConnectedNioEndpoint_isRefused
            }

            client.send(data);
            Datagram answer = client.receive();

            assertThat(answer.data()).isEqualTo(data);
            assertThat(answer.sender()).isEqualTo(server.localAddress());
          }
          closed(client);
          closed(server);
          echo.await();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void send_emptyOnesAmongOthers_keepsTheOrderAndLosesNone(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = open();
          DatagramEndpoint sender = open();
          List<String> texts = List.of("", "a", "b", "", "", "c", "d", "");

          texts.forEach(text -> sender.send(ascii(text), receiver.localAddress()));

          List<String> got = new ArrayList<>();
          while (got.size() < texts.size()) {
            got.add(textOf(receiver.receive()));
          }
          assertThat(got).isEqualTo(texts);
          closed(sender);
          closed(receiver);
        });
  }

  @Test
  void send_emptyOnAConnectedNioEndpoint_isRefused() {
    run(
        Transport.NIO,
        () -> {
          DatagramEndpoint peer = open();
          DatagramEndpoint endpoint = connectTo(peer);

          assertThatThrownBy(() -> endpoint.send(ascii("")))
              .isInstanceOf(UnsupportedOperationException.class);

          closed(endpoint);
          closed(peer);
        });
  }

  /// Hazard 35: nobody can slow a sender of packets down.
  @Tag("slow")
  @ParameterizedTest
  @MethodSource("transports")
  void flood_nobodyReceives_keepsTheOldestAndCountsTheRest(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver =
              Datagrams.createDatagramEndpoint(
                  ANY_PORT, null, DatagramOptions.DEFAULT.withQueue(100, 1 << 20));
          int sent = flood(receiver, 2_000, 64);

          assertThat(receiver.queued()).isEqualTo(100);
          assertThat(receiver.dropped()).isEqualTo(sent - 100);
          for (int i = 0; i < 100; i++) {
            assertThat(receiver.receive().data()[0]).isEqualTo((byte) i);
          }
          assertThat(receiver.queued()).isZero();
          closed(receiver);
          assertThat(receiver.receive()).isNull();
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void flood_ofLargePackets_isBoundedInBytes(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver =
              Datagrams.createDatagramEndpoint(
                  ANY_PORT, null, DatagramOptions.DEFAULT.withQueue(100, 10_000));
          int sent = flood(receiver, 100, 3_000);

          assertThat(receiver.queued()).isEqualTo(3);
          assertThat(receiver.dropped()).isEqualTo(sent - 3);
          closed(receiver);
        });
  }

  /// Sends one by one, in step with the loop, so that the system drops none, however small its
  /// buffers.
  private static int flood(DatagramEndpoint receiver, int packets, int size) throws Exception {
    try (var socket = new java.net.DatagramSocket()) {
      for (int i = 0; i < packets; i++) {
        byte[] data = new byte[size];
        data[0] = (byte) i;
        socket.send(new DatagramPacket(data, size, receiver.localAddress()));
        int sent = i + 1;
        while (receiver.queued() + receiver.dropped() < sent) {
          Asyncio.sleep(TICK);
        }
      }
    }
    return packets;
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("transports")
  void receive_cancelled_losesNoPacket(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = open();
          DatagramEndpoint sender = connectTo(receiver);
          int got = 0;
          for (int i = 0; i < 200; i++) {
            Task<Datagram> receiving = Asyncio.createTask(receiver::receive);
            Asyncio.sleep(TICK);
            sender.send(new byte[] {(byte) i});
            if (i % 2 == 0) {
              Asyncio.sleep(Duration.ofMillis(i % 3));
            }
            receiving.cancel();
            try {
              assertThat(receiving.await().data()[0]).isEqualTo((byte) got);
              got++;
            } catch (CancelledError cancelled) {
              // it has taken none
            }
          }
          for (; got < 200; got++) {
            assertThat(receiver.receive().data()[0]).isEqualTo((byte) got);
          }
          closed(sender);
          closed(receiver);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void receive_firstOfTwoWokenAndCancelled_wakesTheOther(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint endpoint = open();
          Task<Datagram> first = Asyncio.createTask(endpoint::receive);
          Task<Datagram> second = Asyncio.createTask(endpoint::receive);
          Asyncio.sleep(TICK);

          endpoint.send(ascii("x"), endpoint.localAddress());
          while (endpoint.queued() == 0) {
            Asyncio.sleep(TICK);
          }
          first.cancel();

          assertThat(textOf(second.await())).isEqualTo("x");
          assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);
          closed(endpoint);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void send_onAConnectedEndpointToAnother_isRefused(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint peer = open();
          DatagramEndpoint endpoint = connectTo(peer);

          assertThatThrownBy(() -> endpoint.send(ascii("x"), endpoint.localAddress()))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("must be " + Addresses.text(peer.localAddress()));
          assertThatThrownBy(() -> peer.send(ascii("x")))
              .isInstanceOf(IllegalArgumentException.class);
          endpoint.send(ascii("y"), peer.localAddress());

          assertThat(textOf(peer.receive())).isEqualTo("y");
          assertThat(endpoint.remoteAddress()).isEqualTo(peer.localAddress());
          closed(endpoint);
          closed(peer);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void receive_nobodyAtThePeersPort_failsOnceAndGoesOn(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint gone = open();
          DatagramEndpoint endpoint = connectTo(gone);
          closed(gone);

          endpoint.send(ascii("x"));

          assertThatThrownBy(endpoint::receive).isInstanceOf(PortUnreachableException.class);
          assertThat(endpoint.lastError()).isInstanceOf(PortUnreachableException.class);
          assertThat(endpoint.isClosing()).isFalse();
          DatagramEndpoint back =
              Datagrams.createDatagramEndpoint(gone.localAddress(), endpoint.localAddress());
          back.send(ascii("here again"));
          assertThat(textOf(endpoint.receive())).isEqualTo("here again");
          closed(endpoint);
          closed(back);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void send_tooLarge_isRememberedAndDisturbsNoReceiver(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint endpoint = open();

          endpoint.send(new byte[70_000], endpoint.localAddress());
          endpoint.send(ascii("small"), endpoint.localAddress());

          assertThat(textOf(endpoint.receive())).isEqualTo("small");
          assertThat(endpoint.lastError()).isInstanceOf(IOException.class);
          closed(endpoint);
        });
  }

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
  void drain_aboveTheMark_waitsUntilTheSocketHasThem(Transport transport) {
    run(
        transport,
        () -> {
          DatagramEndpoint receiver = open();
          DatagramEndpoint sender = connectTo(receiver);
          sender.drain();
          for (int i = 0; i < 70; i++) {
            sender.send(new byte[1_000]);
          }

          Task<?> draining =
              Asyncio.createTask(
                  () -> {
                    sender.drain();
                    return true;
                  },
                  TaskOptions.DEFAULT.withEagerStart());

          assertThat(draining.isDone()).isFalse();
          draining.await();
          closed(sender);
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
      var answer = Asyncio.runCoroutineThreadsafe(DatagramsTest::open, NettyLoop.of(executor));

      assertThatThrownBy(() -> answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no sockets");
    } finally {
      executor.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }
}
