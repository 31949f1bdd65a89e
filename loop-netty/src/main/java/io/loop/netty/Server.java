package io.loop.netty;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A server that accepts connections; made by [Streams#startServer].
///
/// Coroutines and callbacks of the loop that listens only.
///
/// Source: `asyncio.Server`, Python 3.15.
public final class Server implements AutoCloseable {

  /*
   *   BOUND --startServing--> SERVING --close--> CLOSED; waitClosed() returns when it is closed and no connection is left
   *
   * Connections and bodies live on their own loops and come and go on those threads, see Clients.
   * Everything else is the listening loop's. One that goes asks that loop to look whether anybody waits
   * for the last one.
   */

  /// How long bodies that are cancelled may send what they have to say.
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final Loop loop;
  private final Duration grace;
  private final Clients clients;
  private final Admission admission;
  private final Sweeper sweeper;
  private final AtomicLong refused = new AtomicLong();
  private final Waiters waiters;
  private @Nullable LoopFuture<@Nullable Void> serving;
  private List<Channel> listeners = List.of();
  private @Nullable UnixSocketFile file;
  private boolean accepting;
  private boolean listenersGone;
  private volatile boolean closed;

  Server(Loop loop, ServerOptions options) {
    this.loop = loop;
    this.grace = options.grace();
    this.admission = new Admission(options.limits());
    this.waiters = new Waiters(loop);
    this.clients = new Clients(grace);
    this.sweeper = new Sweeper(loop, clients.connections(), options.limits());
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

  /// Counts a connection in; its loop's thread.
  ///
  /// @return false if the server is closed, and the connection came too late, or there are enough
  boolean add(ConnectionHandler connection) {
    InetAddress from = connection.peerAddress();
    if (!admission.enter(from)) {
      refused.incrementAndGet();
      return false;
    }
    clients.add(connection, from);
    return !closed;
  }

  /// Counts a connection out; its loop's thread.
  void remove(ConnectionHandler connection) {
    InetAddress from = clients.remove(connection);
    if (from != null) {
      admission.leave(from);
    }
    lookWhetherGone();
  }

  /// A body serves a connection; the connection's loop.
  void began(ConnectionHandler connection, Task<?> body) {
    clients.began(connection, body);
  }

  /// The body of a connection has ended; the connection's loop.
  void ended(ConnectionHandler connection) {
    clients.ended(connection);
    lookWhetherGone();
  }

  private void lookWhetherGone() {
    if (closed && !loop.isClosed()) {
      onLoop(loop, this::wakeWaiters);
    }
  }

  /// {@return the first address this server listens on, with the real port}
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
    throw new IllegalStateException("the server listens on a Unix socket; see sockets()");
  }

  /// {@return the addresses this server listens on; none when it is closed}
  ///
  /// Source: `Server.sockets`, which are sockets.
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

  /// {@return whether it accepts connections}
  ///
  /// Source: `Server.is_serving`.
  public boolean isServing() {
    loop.checkTurnToRead();
    return accepting;
  }

  /// Starts accepting, if it was made not to. Coroutine only; suspends for a tick. A server that
  /// accepts already, or is closed, stays as it is.
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

  /// {@return how many connections are open} Any thread, but the answer may be old.
  public int connectionCount() {
    return clients.connections().size();
  }

  /// {@return how many connections were turned away because there were enough} Any thread.
  public long refusedCount() {
    return refused.get();
  }

  /// Accepts until the calling task is cancelled; then ends the server in good order. Coroutine
  /// only; always suspends.
  ///
  /// It accepts no more. Requests that have arrived are served, and answers sent. A body that waits
  /// for its next message finds the end of the input; one that waits for the rest of a message
  /// still gets it. The grace time long this waits for the bodies, those whose peer has gone too,
  /// and for their connections. Then it cancels the bodies that are left, and aborts what a second
  /// later, or the grace time if that is shorter, is still there.
  ///
  /// Source: `Server.serve_forever`.
  ///
  /// @throws CancelledError always, in the end
  /// @throws IllegalStateException if it is closed, or another task is in here
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
    clients.forEach(ConnectionHandler::finish);
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
      Tasks.waitFor(Coro.of(this::awaitGone), limit);
      return true;
    } catch (TimeoutException slow) {
      return false;
    }
  }

  /// Stops accepting. Connections go on, unless a task is in [#serveForever], which then ends.
  /// Never suspends; closing twice does nothing.
  ///
  /// When this returns the addresses are free. On NIO those of other loops, see
  /// [ServerOptions#withReusePort], are free a moment later, and so are all if a Netty handler
  /// calls this; [#waitClosed] waits for that.
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
      var _ = gone.thenRun(() -> onLoop(loop, this::listenersGone));
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

  /// Closes every connection after what it wrote is sent. Never suspends.
  ///
  /// Source: `Server.close_clients`.
  public void closeClients() {
    loop.checkTurn();
    clients.forEach(ConnectionHandler::close);
  }

  /// Closes every connection at once. Never suspends. Bodies go on, and [#waitClosed] does not wait
  /// for them.
  ///
  /// Source: `Server.abort_clients`.
  public void abortClients() {
    loop.checkTurn();
    clients.forgetBodies();
    clients.forEach(ConnectionHandler::abort);
    wakeWaiters();
  }

  static void onLoop(Loop loop, Runnable action) {
    try {
      loop.callSoonThreadsafe(action::run);
    } catch (IllegalStateException loopClosed) {
      // it took its connections with it
    }
  }

  /// Waits until this server is closed and its last connection is gone, and then, for the grace
  /// time at most, until the last body has ended. Coroutine only; suspends unless that is so.
  ///
  /// Source: `Server.wait_closed`, as of Python 3.12.1, which does not wait for bodies.
  public void waitClosed() {
    loop.checkTurn();
    await(this::hasNoConnections);
    boolean _ = isGoneWithin(grace);
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
      waiters.wakeAll(); // they look again
    }
  }

  @Override
  public String toString() {
    return "<Server "
        + (closed ? "closed" : "listening on " + addresses().stream().map(Addresses::text).toList())
        + ">";
  }
}
