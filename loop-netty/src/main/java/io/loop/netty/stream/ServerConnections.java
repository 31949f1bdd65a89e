package io.loop.netty.stream;

import io.loop.netty.served.Clients;
import io.loop.netty.served.Served;
import io.loop.task.Task;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;

/// The connections of a server, as the code that accepts and serves them sees it.
///
/// Each method is called on the loop of the connection, unless it says otherwise.
final class ServerConnections {

  /// Connections from this machine count in total only.
  private static final InetAddress NOT_COUNTED = InetAddress.getLoopbackAddress();

  private final Clients clients;
  private final Admission admission;
  private final Runnable ended;
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean open = true;

  /// @param ended called when a connection or a body has ended
  ServerConnections(Clients clients, Admission admission, Runnable ended) {
    this.clients = clients;
    this.admission = admission;
    this.ended = ended;
  }

  /// The server is closed. Any thread.
  void refuseAll() {
    open = false;
  }

  /// {@return how many connections were refused} Any thread.
  long refusedCount() {
    return refused.get();
  }

  /// Adds a connection whose peer is not known yet; on its loop's thread. When it is, [#add] is
  /// called.
  ///
  /// @return false if the server is closed, or the limit of connections is reached
  boolean expect(Served connection) {
    return add(connection, NOT_COUNTED);
  }

  /// Adds a connection; on its loop's thread.
  ///
  /// @return false if a limit of connections is reached, or the server is closed and did not expect
  ///   the connection before
  boolean add(Served connection) {
    return add(connection, connection.peerAddress());
  }

  private boolean add(Served connection, InetAddress from) {
    boolean expected = clients.connections().contains(connection);
    if (!(expected ? admission.enterFrom(from) : admission.enter(from))) {
      refused();
      return false;
    }
    clients.add(connection, from);
    return open || expected;
  }

  /// Counts a connection that was refused. Any thread.
  void refused() {
    refused.incrementAndGet();
  }

  /// Removes a connection; on its loop's thread.
  void remove(Served connection) {
    InetAddress from = clients.remove(connection);
    if (from != null) {
      admission.leave(from);
    }
    ended.run();
  }

  /// The body of a connection has started; on the connection's loop.
  void began(Served connection, Task<?> body) {
    clients.began(connection, body);
  }

  /// The body of a connection has finished; on the connection's loop.
  void ended(Served connection) {
    clients.ended(connection);
    ended.run();
  }
}
