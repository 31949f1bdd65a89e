package io.loop.netty.datagram;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.core.Outgoing;
import io.loop.netty.core.ReceivedMessages;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// A socket that sends and receives packets.
///
/// Loop thread and coroutines of the loop only. Several coroutines may receive, send and drain at
/// the same time. Arrays to send are copied, and a received array belongs to the receiver: no Netty
/// buffer leaves this class. Iterating returns the packets until the endpoint is closed.
///
/// The receive queue is bounded: packets that arrive while it is full are dropped and counted.
/// Packets that the operating system drops are not counted.
///
/// An error that the network reports, such as an unreachable port, does not close the endpoint.
/// [#lastError] returns it; on a connected endpoint one [#receive] throws it as well.
///
/// Source: `asyncio.DatagramTransport` and `asyncio.DatagramProtocol`, Python 3.15, combined.
public final class DatagramEndpoint implements AutoCloseable, Iterable<Datagram> {

  private final Loop loop;
  private final DatagramHandler handler;
  private final DatagramQueue received;
  private final InetSocketAddress localAddress;
  private final @Nullable InetSocketAddress remoteAddress;

  DatagramEndpoint(
      Loop loop,
      DatagramHandler handler,
      DatagramQueue received,
      @Nullable InetSocketAddress remoteAddress) {
    this.loop = loop;
    this.handler = handler;
    this.received = received;
    this.localAddress = handler.channel().localAddress();
    this.remoteAddress = remoteAddress;
  }

  /// Receives a packet. Coroutine only; suspends, and is a cancellation point, only if none has
  /// arrived. A cancelled call takes no packet.
  ///
  /// @return the packet; null if the endpoint is closed and everything that arrived before was
  ///   received
  /// @throws IOException if the network reported an error to a connected endpoint; thrown once,
  ///   later calls receive again
  public @Nullable Datagram receive() throws IOException {
    loop.checkTurn();
    return received.take();
  }

  /// Sends a packet to the peer of a connected endpoint. Never suspends; does nothing once the
  /// endpoint is closing. UDP may lose the packet without notice.
  ///
  /// @param data the packet, possibly empty, copied before this returns
  /// @throws IllegalArgumentException if the endpoint is not connected
  /// @throws UnsupportedOperationException if the packet is empty, the endpoint connected, and the
  ///   transport NIO, because the JDK cannot send that
  public void send(byte[] data) {
    loop.checkTurn();
    if (remoteAddress == null) {
      throw new IllegalArgumentException(
          "this endpoint is not connected; pass the address to send to");
    }
    handler.send(data, null);
  }

  /// Sends a packet. Never suspends; does nothing once the endpoint is closing. UDP may lose the
  /// packet without notice.
  ///
  /// @param data the packet, possibly empty, copied before this returns
  /// @param to the destination, resolved; on a connected endpoint it must be the peer
  /// @throws IllegalArgumentException if the endpoint is connected to another address, or the
  ///   address is not resolved
  /// @throws UnsupportedOperationException if the packet is empty, the endpoint connected, and the
  ///   transport NIO, because the JDK cannot send that
  public void send(byte[] data, InetSocketAddress to) {
    loop.checkTurn();
    if (remoteAddress != null && !Addresses.areSame(remoteAddress, to)) {
      throw new IllegalArgumentException(
          "Invalid address: must be "
              + Addresses.text(remoteAddress)
              + ", and is "
              + Addresses.text(to));
    }
    if (to.isUnresolved()) {
      throw new IllegalArgumentException("unresolved address: " + Addresses.text(to));
    }
    handler.send(data, remoteAddress == null ? to : null);
  }

  /// Waits while more than 64 KiB are queued to be sent. Coroutine only; suspends, and is a
  /// cancellation point, only then.
  ///
  /// @throws IOException if the endpoint is closed
  public void drain() throws IOException {
    loop.checkTurn();
    Outgoing outgoing = handler.core().outgoing();
    while (outgoing.isFull() && !handler.core().life().isClosed()) {
      outgoing.awaitRoom();
    }
    if (handler.core().life().isClosed()) {
      throw new SocketException("the endpoint is closed");
    }
  }

  /// Closes the endpoint once everything is sent; nothing more is received. Never suspends; closing
  /// twice does nothing.
  @Override
  public void close() {
    loop.checkTurn();
    handler.close();
  }

  /// Closes the endpoint immediately; packets that are not sent yet are dropped. Never suspends.
  public void abort() {
    loop.checkTurn();
    handler.abort();
  }

  /// Waits until the endpoint is closed. Coroutine only; suspends unless it is.
  public void waitClosed() {
    loop.checkTurn();
    handler.core().awaitEnd();
  }

  /// {@return whether the endpoint is closing or closed}
  public boolean isClosing() {
    loop.checkTurnToRead();
    return !handler.core().life().isOpen();
  }

  /// {@return the address of this end}
  public InetSocketAddress localAddress() {
    return localAddress;
  }

  /// {@return the peer's address; null if the endpoint is not connected}
  public @Nullable InetSocketAddress remoteAddress() {
    return remoteAddress;
  }

  /// {@return how many packets were dropped because the receive queue was full}
  public long dropped() {
    loop.checkTurnToRead();
    return received.dropped();
  }

  /// {@return how many packets wait to be received}
  public int queued() {
    loop.checkTurnToRead();
    return received.size();
  }

  /// {@return the last error that the network reported, or null if there was none}
  ///
  /// Source: `DatagramProtocol.error_received`.
  public @Nullable IOException lastError() {
    loop.checkTurnToRead();
    return handler.lastError();
  }

  /// {@return the packets as they arrive, until the endpoint is closed} Its methods suspend like
  /// [#receive], and wrap an [IOException] in a [java.io.UncheckedIOException].
  @Override
  public Iterator<Datagram> iterator() {
    return new ReceivedMessages<>(this::receive);
  }

  @Override
  public String toString() {
    return "<DatagramEndpoint " + Addresses.text(handler.channel()) + ">";
  }
}
