package io.loop.netty.stream;

import io.loop.Asyncio;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.LoopCalls;
import io.loop.netty.served.Clients;
import io.loop.netty.served.Served;
import io.loop.netty.socket.Listeners;
import io.loop.netty.socket.OneFamily;
import io.loop.netty.socket.UnixSocketFile;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.loop.task.WaiterLine;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A server that accepts connections; made by [Streams#startServer].
///
/// Coroutines and callbacks of the listening loop only.
///
/// Source: `asyncio.Server`, Python 3.15.
public final class Server implements AutoCloseable {

  /*
   *   BOUND --startServing--> SERVING --close--> CLOSED; waitClosed() returns when it is closed and
   *   has no connections
   *
   * Connections and bodies run on their own loops, and are added and removed on those threads, see
   * ServerConnections. Everything else belongs to the listening loop. A connection that ends asks that loop
   * to check whether it was the last one, and to wake the waiting coroutines.
   */

  /// How long cancelled bodies may still send data.
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final Loop loop;
  private final Duration grace;
  private final Clients clients;
  private final Sweeper sweeper;
  private final ServerConnections connections;
  private final WaiterLine waiters;
  private @Nullable LoopFuture<@Nullable Void> serving;
  private List<Channel> listeners = List.of();
  private @Nullable UnixSocketFile file;
  private boolean accepting;
  private boolean listenersGone;
  private volatile boolean closed;

  Server(Loop loop, ServerOptions options) {
    this.loop = loop;
    this.grace = options.grace();
    this.waiters = new WaiterLine(loop);
    this.clients = new Clients(grace);
    this.sweeper = new Sweeper(loop, clients.connections(), options.limits());
    this.connections =
        new ServerConnections(clients, new Admission(options.limits()), this::lookWhetherGone);
  }

  /// {@return its connections, for the code that accepts them}
  ServerConnections connections() {
    return connections;
  }

  void listenOn(List<Channel> channels, @Nullable UnixSocketFile file, boolean accepting) {
    this.listeners = List.copyOf(channels);
    this.file = file;
    this.accepting = accepting;
    sweeper.start();
  }

  List<Channel> listeners() {
    return listeners;
  }

  /// {@return the first address that this server listens on, with its actual port}
  ///
  /// @throws IllegalStateException if it is closed, or listens on a Unix socket
  public InetSocketAddress localAddress() {
    loop.checkTurnToRead();
    if (listeners.isEmpty()) {
      throw new IllegalStateException("the server is closed");
    }
    if (OneFamily.localAddress(listeners.getFirst()) instanceof InetSocketAddress address) {
      return address;
    }
    throw new IllegalStateException("the server listens on a Unix socket; call sockets() instead");
  }

  /// {@return the addresses that this server listens on; empty when it is closed}
  ///
  /// Source: `Server.sockets`, which returns sockets.
  public List<SocketAddress> sockets() {
    loop.checkTurnToRead();
    return addresses();
  }

  private List<SocketAddress> addresses() {
    return listeners.stream().map(OneFamily::localAddress).toList();
  }

  /// {@return the loop that listens}
  ///
  /// Source: `Server.get_loop`.
  public Loop getLoop() {
    return loop;
  }

  /// {@return whether this server accepts connections}
  ///
  /// Source: `Server.is_serving`.
  public boolean isServing() {
    loop.checkTurnToRead();
    return accepting;
  }

  /// Starts accepting connections. Coroutine only; suspends for a tick. Has no effect if the server
  /// is already accepting, or is closed.
  ///
  /// Source: `Server.start_serving`.
  public void startServing() {
    loop.checkTurn();
    beginServing();
    Tasks.<@Nullable Void>sleep(Duration.ZERO, null);
  }

  private void beginServing() {
    if (accepting || closed) {
      return;
    }
    accepting = true;
    Tasks.onLoopThread(() -> {
      listeners.forEach(channel -> channel.config().setAutoRead(true));
      return true;
    });
  }

  /// {@return how many connections are open} Any thread, but the number may be out of date.
  public int connectionCount() {
    return clients.connections().size();
  }

  /// {@return how many connections were refused because a limit was reached, or because they did
  /// not start with the required PROXY header} Any thread.
  public long refusedCount() {
    return connections.refusedCount();
  }

  /// Accepts connections until the calling task is cancelled, then shuts the server down
  /// gracefully. Coroutine only; always suspends.
  ///
  /// During the shutdown no more connections are accepted. Requests that have arrived are served,
  /// and their answers sent. A body that waits for its next message gets the end of the input; one
  /// that waits for the rest of a message still gets the rest. For up to the grace period this
  /// waits for all bodies and their connections, including bodies whose peer has disconnected. Then
  /// it cancels the remaining bodies. After one more second, or the grace period if that is
  /// shorter, it aborts the remaining connections.
  ///
  /// Source: `Server.serve_forever`.
  ///
  /// @throws CancelledError always, when the server has shut down
  /// @throws IllegalStateException if it is closed, or another task is in this method
  public void serveForever() {
    loop.checkTurn();
    if (serving != null) {
      throw new IllegalStateException("server is already being awaited on serveForever()");
    }
    if (closed) {
      throw new IllegalStateException("server is closed");
    }
    beginServing();
    var forever = new LoopFuture<@Nullable Void>(loop);
    serving = forever;
    try {
      forever.await();
    } catch (CancelledError cancelled) {
      end();
      throw cancelled;
    } finally {
      serving = null;
    }
  }

  private void end() {
    close();
    clients.forEach(Served::finish);
    if (isGoneWithin(grace)) {
      return;
    }
    clients.cancelBodies();
    if (!isGoneWithin(grace.compareTo(LAST_WORDS) < 0 ? grace : LAST_WORDS)) {
      abortClients();
      waitClosed();
    }
  }

  private boolean isGoneWithin(Duration limit) {
    try {
      Asyncio.waitFor(Coro.of(this::awaitGone), limit);
      return true;
    } catch (TimeoutException slow) {
      return false;
    }
  }

  /// Stops accepting connections. Open connections continue, unless a task is in [#serveForever],
  /// which then shuts the server down. Never suspends; closing twice does nothing.
  ///
  /// When this returns, the addresses are free. There are two exceptions, where they are free a
  /// moment later: on NIO the addresses of other loops, see [ServerOptions#withReusePort], and all
  /// addresses if a Netty handler calls this. [#waitClosed] waits for that.
  ///
  /// Source: `Server.close`.
  @Override
  public void close() {
    loop.checkTurn();
    if (closed) {
      return;
    }
    List<Channel> closing = listeners;
    listeners = List.of();
    accepting = false;
    closed = true;
    connections.refuseAll();
    if (Loop.runningOrNull() == loop) {
      closeListeners(closing);
    } else {
      loop.callSoon(() -> closeListeners(closing));
    }
    if (serving != null && !serving.isDone()) {
      serving.cancel();
    }
  }

  private void closeListeners(List<Channel> closing) {
    UnixSocketFile unix = file;
    if (unix != null) {
      withFile(unix::beforeClose);
      closing.getFirst().closeFuture().addListener(_ -> withFile(unix::afterClose));
    }
    CompletableFuture<Void> gone = Listeners.close(closing);
    if (gone.isDone()) {
      listenersGone();
    } else {
      var _ = gone.thenRun(() -> LoopCalls.soon(loop, this::listenersGone));
    }
  }

  private void listenersGone() {
    listenersGone = true;
    wakeWaiters();
  }

  private interface FileAction {
    void run() throws IOException;
  }

  private void withFile(FileAction action) {
    try {
      action.run();
    } catch (IOException fault) {
      if (!loop.isClosed()) {
        loop.callExceptionHandler(
            new ExceptionContext(
                "Could not remove the socket file", fault, Map.of("server", this), null));
      }
    }
  }

  /// Closes every connection after everything written to it is sent. Never suspends.
  ///
  /// Source: `Server.close_clients`.
  public void closeClients() {
    loop.checkTurn();
    clients.forEach(Served::close);
  }

  /// Closes every connection immediately. Never suspends. The bodies continue, but [#waitClosed]
  /// does not wait for them.
  ///
  /// Source: `Server.abort_clients`.
  public void abortClients() {
    loop.checkTurn();
    clients.forgetBodies();
    clients.forEach(Served::abort);
    wakeWaiters();
  }

  /// Waits until this server is closed and has no connections left, and then, for up to the grace
  /// period, until the last body has finished. Coroutine only; suspends unless all that is already
  /// true.
  ///
  /// Source: `Server.wait_closed`, as of Python 3.12.1, which does not wait for bodies.
  public void waitClosed() {
    loop.checkTurn();
    await(this::hasNoConnections);
    boolean _ = isGoneWithin(grace);
  }

  /// Called after a connection or a body has ended, on its loop.
  private void lookWhetherGone() {
    if (closed && !loop.isClosed()) {
      LoopCalls.soon(loop, this::wakeWaiters);
    }
  }

  private void awaitGone() {
    await(this::isGone);
  }

  private void await(BooleanSupplier over) {
    while (!over.getAsBoolean()) {
      waiters.await();
    }
  }

  private boolean hasNoConnections() {
    return closed && listenersGone && clients.connections().isEmpty();
  }

  private boolean isGone() {
    return hasNoConnections() && clients.areGone();
  }

  private void wakeWaiters() {
    if (hasNoConnections()) {
      sweeper.stop();
      waiters.wakeAll(); // each checks again
    }
  }

  @Override
  public String toString() {
    return "<Server "
        + (closed ? "closed" : "listening on " + addresses().stream().map(Addresses::text).toList())
        + ">";
  }
}
