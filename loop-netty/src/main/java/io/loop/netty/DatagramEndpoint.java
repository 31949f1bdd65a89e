package io.loop.netty;

import io.loop.event.Loop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// A socket that sends and receives packets.
///
/// Loop thread and coroutines of the loop only. Several coroutines may receive, send and drain at
/// once. Arrays are copied on the way in, and are the receiver's own on the way out: no buffer of
/// Netty's leaves this class. Iterating gives the packets until the endpoint is closed.
///
/// The receiving queue is bounded: what arrives while it is full is dropped and counted, the newest
/// first. Packets that the system drops before are counted by nobody.
///
/// What the network reports, such as that nobody listens at the peer's port, does not close the
/// endpoint. [#lastError] has it; on a connected endpoint one [#receive] throws it, too.
///
/// Source: `asyncio.DatagramTransport` and `asyncio.DatagramProtocol`, Python 3.15, in one.
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

  /// Receives a packet. Coroutine only; suspends, and is a cancellation point, only if none is
  /// here. A cancelled call has taken none.
  ///
  /// @return the packet; null if the endpoint was closed and all that arrived before is received
  /// @throws IOException what the network reported to a connected endpoint, once; later calls go on
  public @Nullable Datagram receive() throws IOException {
    loop.checkTurn();
    return received.take();
  }

  /// Sends a packet to the peer of a connected endpoint. Never suspends; does nothing once the
  /// endpoint is closing. As all packets it may get lost, and nobody tells.
  ///
  /// @param data the packet, possibly empty, copied before this returns
  /// @throws IllegalArgumentException if the endpoint is not connected
  /// @throws UnsupportedOperationException if the packet is empty, the endpoint connected, and the
  ///   transport NIO: the JDK cannot send that
  public void send(byte[] data) {
    loop.checkTurn();
    if (remoteAddress == null) {
      throw new IllegalArgumentException("this endpoint has no peer; say where the packet goes");
    }
    handler.send(data, null);
  }

  /// Sends a packet. Never suspends; does nothing once the endpoint is closing. As all packets it
  /// may get lost, and nobody tells.
  ///
  /// @param data the packet, possibly empty, copied before this returns
  /// @param to where, resolved; on a connected endpoint the peer
  /// @throws IllegalArgumentException if the endpoint is connected to another address, or the
  ///   address is not resolved
  /// @throws UnsupportedOperationException if the packet is empty, the endpoint connected, and the
  ///   transport NIO: the JDK cannot send that
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

  /// Waits while more than 64 KiB wait to be sent. Coroutine only; suspends, and is a cancellation
  /// point, only then.
  ///
  /// @throws IOException if the endpoint is closed
  public void drain() throws IOException {
    loop.checkTurn();
    while (handler.mustDrain() && !handler.isClosed()) {
      handler.awaitDrained();
    }
    if (handler.isClosed()) {
      throw new SocketException("the endpoint is closed");
    }
  }

  /// Closes the endpoint once everything is sent; nothing more arrives. Never suspends; closing
  /// twice does nothing.
  @Override
  public void close() {
    loop.checkTurn();
    handler.close();
  }

  /// Closes the endpoint at once; what is not sent is dropped. Never suspends.
  public void abort() {
    loop.checkTurn();
    handler.abort();
  }

  /// Waits until the endpoint is closed. Coroutine only; suspends unless it is.
  public void waitClosed() {
    loop.checkTurn();
    handler.awaitClosed();
  }

  /// {@return whether the endpoint is closing or closed}
  public boolean isClosing() {
    loop.checkTurnToRead();
    return handler.isClosing();
  }

  /// {@return the address of this end}
  public InetSocketAddress localAddress() {
    return localAddress;
  }

  /// {@return the peer's address; null if the endpoint is not connected}
  public @Nullable InetSocketAddress remoteAddress() {
    return remoteAddress;
  }

  /// {@return how many packets were dropped because the receiving queue was full}
  public long dropped() {
    loop.checkTurnToRead();
    return received.dropped();
  }

  /// {@return how many packets wait to be received}
  public int queued() {
    loop.checkTurnToRead();
    return received.size();
  }

  /// {@return what the network reported last, or null if it never did}
  ///
  /// Source: `DatagramProtocol.error_received`.
  public @Nullable IOException lastError() {
    loop.checkTurnToRead();
    return handler.lastError();
  }

  /// {@return the packets as they come, until the endpoint is closed} Its methods suspend as
  /// [#receive] does, and throw an [java.io.UncheckedIOException] where that throws an
  /// [IOException].
  @Override
  public Iterator<Datagram> iterator() {
    return new ReceivedMessages<>(this::receive);
  }

  @Override
  public String toString() {
    return "<DatagramEndpoint " + Addresses.text(handler.channel()) + ">";
  }
}
