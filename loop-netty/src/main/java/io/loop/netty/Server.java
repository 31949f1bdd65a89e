package io.loop.netty;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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
   * Connections live on their own loops and come and go on those threads, so the set of them is
   * concurrent. Everything else is the listening loop's. A connection that goes asks that loop to
   * look whether anybody waits for the last one.
   */

  private final Loop loop;
  private final Duration grace;
  private final ConcurrentHashMap<ConnectionHandler, InetAddress> connections =
      new ConcurrentHashMap<>();
  private final Admission admission;
  private final Sweeper sweeper;
  private final AtomicLong refused = new AtomicLong();
  private final List<LoopFuture<@Nullable Void>> waiters = new ArrayList<>(1);
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
    this.sweeper = new Sweeper(loop, connections.keySet(), options.limits());
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
    connections.put(connection, from);
    return !closed;
  }

  /// Counts a connection out; its loop's thread.
  void remove(ConnectionHandler connection) {
    InetAddress from = connections.remove(connection);
    if (from != null) {
      admission.leave(from);
    }
    if (closed && !loop.isClosed()) {
      onLoop(loop, this::wakeWaiters);
    }
  }

  /// {@return the first address this server listens on, with the real port}
  ///
  /// @throws IllegalStateException if it is closed, or listens on a Unix socket
  public InetSocketAddress localAddress() {
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
    return accepting;
  }

  /// Starts accepting, if it was made not to. Coroutine only; suspends for a tick. A server that
  /// accepts already, or is closed, stays as it is.
  ///
  /// Source: `Server.start_serving`.
  public void startServing() {
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
    return connections.size();
  }

  /// {@return how many connections were turned away because there were enough} Any thread.
  public long refusedCount() {
    return refused.get();
  }

  /// Accepts until the calling task is cancelled; then closes the server and its connections, waits
  /// for them as long as the grace time, and aborts the rest. Coroutine only; always suspends.
  ///
  /// Source: `Server.serve_forever`.
  ///
  /// @throws CancelledError always, in the end
  /// @throws IllegalStateException if it is closed, or another task is in here
  public void serveForever() {
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
    closeClients();
    try {
      Tasks.waitFor(Coro.of(this::waitClosed), grace);
    } catch (TimeoutException slow) {
      abortClients();
      waitClosed();
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
    forEachClient(ConnectionHandler::close);
  }

  /// Closes every connection at once. Never suspends.
  ///
  /// Source: `Server.abort_clients`.
  public void abortClients() {
    forEachClient(ConnectionHandler::abort);
  }

  private void forEachClient(Consumer<ConnectionHandler> action) {
    for (ConnectionHandler connection : connections.keySet()) {
      onLoop(connection.loop(), () -> action.accept(connection));
    }
  }

  static void onLoop(Loop loop, Runnable action) {
    try {
      loop.callSoonThreadsafe(action);
    } catch (IllegalStateException loopClosed) {
      // it took its connections with it
    }
  }

  /// Waits until this server is closed and its last connection is gone. Coroutine only; suspends
  /// unless that is so.
  ///
  /// Source: `Server.wait_closed`, as of Python 3.12.1.
  public void waitClosed() {
    if (isGone()) {
      return;
    }
    var gone = new LoopFuture<@Nullable Void>(loop);
    waiters.add(gone);
    try {
      gone.await();
    } finally {
      waiters.remove(gone);
    }
  }

  private boolean isGone() {
    return closed && listenersGone && connections.isEmpty();
  }

  private void wakeWaiters() {
    if (!isGone()) {
      return;
    }
    sweeper.stop();
    for (LoopFuture<@Nullable Void> waiter : waiters) {
      if (!waiter.isDone()) {
        waiter.setResult(null);
      }
    }
  }

  @Override
  public String toString() {
    return "<Server "
        + (closed ? "closed" : "listening on " + sockets().stream().map(Addresses::text).toList())
        + ">";
  }
}
