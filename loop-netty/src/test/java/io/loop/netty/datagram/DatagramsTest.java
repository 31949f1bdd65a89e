package io.loop.netty.datagram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.netty.base.Addresses;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.PortUnreachableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Packets through datagram endpoints on every transport.
class DatagramsTest extends DatagramsFixture {

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
}
