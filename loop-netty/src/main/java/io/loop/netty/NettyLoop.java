package io.loop.netty;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.name.NameResolver;
import io.loop.netty.poller.AttachedLoops;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.poller.NettyPoller;
import io.loop.netty.socket.Resolver;
import io.loop.netty.transport.Transport;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.internal.ThreadExecutorMap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/// Loops on Netty.
public final class NettyLoop {

  private NettyLoop() {}

  /// {@return a new loop on the default transport, [Transport#best]}
  public static Loop create() {
    return create(Transport.best());
  }

  /// {@return a new loop on a transport}
  ///
  /// @param transport the transport
  /// @throws IllegalArgumentException if the transport is not available on this machine
  public static Loop create(Transport transport) {
    return Loop.create(new NettyPoller(transport));
  }

  /// {@return the loop that is attached to an existing executor: an event loop of any transport, a
  /// default or embedded one, or any other executor that runs one task at a time} Any thread.
  ///
  /// There is one loop per executor, created by the first call. Its turns alternate with the
  /// executor's own work. It cannot be run or stopped. When the executor shuts down, the loop's
  /// tasks are cancelled and it closes. To close it earlier, do so on the executor's thread.
  ///
  /// Callbacks, handlers and other tasks run on the executor's own thread. While one of them
  /// blocks, for example on a lock, that thread can do nothing else. A coroutine that returns from
  /// a blocking call in this time continues on another thread, in parallel with the callback that
  /// blocked, until it uses the loop, blocks again or finishes. The loop waits for it before it
  /// runs anything else. So state that a coroutine shares with callbacks needs a lock if both may
  /// block, and a coroutine must not use its loop while it holds a lock that a callback waits for.
  /// An eager task that a callback creates starts from the ready queue. None of this applies to the
  /// loops of a [LoopGroup], which is also a Netty event loop group: use one wherever you create
  /// the group yourself.
  ///
  /// The executor's thread belongs to the loop between turns too. From the executor's next task on,
  /// [Loop#running] returns the loop in the handlers of an event loop's channels and in its tasks,
  /// so `createTask` works there. Code on an executor without its own thread must name the loop.
  ///
  /// An executor without its own thread, such as that of an `EmbeddedChannel`, must be used by one
  /// thread. It keeps its loop reachable only while something is scheduled.
  ///
  /// @param executor the executor, for example `context.executor()`
  /// @throws IllegalArgumentException if it does not run one task at a time
  /// @throws IllegalStateException if it is shutting down
  public static Loop of(EventExecutor executor) {
    return AttachedLoops.of(executor);
  }

  /// {@return the loop of the Netty event loop that runs on the current thread} Never suspends.
  ///
  /// In a coroutine or a callback of a loop on Netty it is that loop. On the thread of an event
  /// loop that another library created, for example in a handler of Reactor Netty or a callback of
  /// Vert.x, it is the loop that [#of] attaches to it. The first call creates it.
  ///
  /// Any other thread has no such loop, and this throws. Name the event loop there, as in
  /// `NettyLoop.of(channel.eventLoop())`. The executor of an `EmbeddedChannel` has no thread of its
  /// own, so this throws there too.
  ///
  /// No asyncio equivalent; `asyncio.get_running_loop` is [Loop#running].
  ///
  /// @throws IllegalStateException if this is not the thread of a Netty event loop, if the loop
  ///   that runs here does not run on Netty, or if the event loop is shutting down
  public static Loop current() {
    Loop running = Loop.runningOrNull();
    if (running != null) {
      NettyDriver _ = NettyDriver.of(running); // refuses one that is not on Netty
      return running;
    }
    EventExecutor executor = ThreadExecutorMap.currentExecutor();
    if (executor == null) {
      throw new IllegalStateException(
          "this is not the thread of a Netty event loop: "
              + Thread.currentThread()
              + "; name the event loop, as in NettyLoop.of(channel.eventLoop())");
    }
    return of(executor);
  }

  /// {@return the Netty event loop under a loop, for use with any bootstrap}
  ///
  /// Shutting it down stops its loop, as a signal does. With `Asyncio.run` the main task is
  /// cancelled. With [Loop#runForever] all tasks are cancelled, and the run ends when they have
  /// finished; the code that runs the loop closes it. The event loop and the sockets work until the
  /// loop is closed. Then Netty's quiet period and timeout begin, and the event loop terminates.
  /// `shutdown`, which Netty deprecates, does the same, but rejects new tasks of the event loop
  /// immediately.
  ///
  /// Tasks submitted to it run between ticks on the thread that runs the loop's callbacks. They are
  /// not coroutines. On NIO its I/O handler has a class of Loop's own, so `isIoType` does not
  /// recognise it.
  ///
  /// For an attached loop it is the executor that was passed to [#of].
  ///
  /// @param loop a loop created here, or by [Loop#create()] with this module on the class or module
  ///   path
  /// @throws IllegalStateException if it does not run on Netty, or is attached to an executor that
  ///   is not an event loop with sockets
  public static IoEventLoop eventLoop(Loop loop) {
    return NettyDriver.of(loop).ioEventLoop();
  }

  /// Sets what looks up host names on a loop, for connections, servers and endpoints whose options
  /// name no resolver. Any thread.
  ///
  /// For a [LoopGroup], set it on each of [LoopGroup#loops]. For the whole process, start java with
  /// `-Dio.loop.resolver=jdk`, or set that property before the first look-up.
  ///
  /// No asyncio equivalent, which always uses the system's look-up.
  ///
  /// @param loop a loop on Netty
  /// @param resolver the resolver
  /// @throws IllegalStateException if the loop does not run on Netty
  public static void setNameResolver(Loop loop, NameResolver resolver) {
    Resolver.set(loop, Objects.requireNonNull(resolver, "resolver"));
  }

  /// {@return what looks up host names on a loop} Any thread.
  ///
  /// @param loop a loop on Netty
  /// @throws IllegalArgumentException if the system property `io.loop.resolver` is not `dns` or
  ///   `jdk`
  /// @throws IllegalStateException if the loop does not run on Netty
  public static NameResolver getNameResolver(Loop loop) {
    return Resolver.of(loop);
  }

  /// {@return the socket addresses of a host, in the order in which they should be tried; at least
  /// one} Coroutine only. Suspends unless the host is an address or its addresses are known.
  ///
  /// Uses the resolver of the running loop, [#setNameResolver]. A cancellation gives the look-up
  /// up.
  ///
  /// Source: `loop.getaddrinfo`, with one result for each address. Families, kinds of socket and
  /// flags cannot be chosen, and services have no names.
  ///
  /// @param host the name or address
  /// @param port the port of the results
  /// @throws java.net.UnknownHostException if the host has no address, or no server answered; the
  ///   message has the host and the reason
  /// @throws IOException if a resolver of your own fails
  /// @throws IllegalArgumentException if the port is not from 0 to 65535
  /// @throws IllegalStateException if the running loop does not run on Netty
  public static List<InetSocketAddress> getaddrinfo(String host, int port) throws IOException {
    Addresses.requirePort(port);
    return Resolver.resolve(null, host).stream()
        .map(address -> new InetSocketAddress(address, port))
        .toList();
  }
}
