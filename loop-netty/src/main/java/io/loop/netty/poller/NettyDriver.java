package io.loop.netty.poller;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.event.MemoryReserve;
import io.loop.event.Poller;
import io.loop.event.SystemExit;
import io.loop.netty.base.PeerReports;
import io.loop.netty.transport.Transport;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// The common base of loops on Netty, attached or not: an executor, and a list of channels that
/// have work for Netty.
///
/// Loop thread and coroutines of the loop only.
public abstract class NettyDriver implements Poller {

  private static final LoopLocal<NettyDriver> DRIVER =
      LoopLocal.withInitial(loop -> {
        throw new IllegalStateException(
            "this loop does not run on Netty; create it with NettyLoop.create()");
      });

  /*
   * If a channel's work throws, only that channel fails. There may be no direct memory for its
   * bytes, or code of the program may fail: handlers and exception handlers. The other channels
   * must get their turn, and the loop its next one. If there is not even memory to fail a channel,
   * it goes back onto the list, which needs none.
   *
   * A channel that takes all its data is added to the list again during its own work. After a
   * number of rounds it has to wait for the next poll.
   */

  private static final int MOST_ROUNDS = 16;

  private final ArrayDeque<Dirty> dirty = new ArrayDeque<>();
  private @Nullable Transport transport;
  private final ConcurrentMap<Class<?>, Object> settings = new ConcurrentHashMap<>(1);

  /// {@return the driver of a loop on Netty}
  public static NettyDriver of(Loop loop) {
    return DRIVER.get(loop);
  }

  /// {@return the driver of a loop on Netty} Any thread.
  public static NettyDriver anywhere(Loop loop) {
    NettyDriver driver = DRIVER.peek(loop);
    return driver == null ? DRIVER.get(loop) : driver;
  }

  /// {@return what is set on this loop, by type} Any thread.
  public final ConcurrentMap<Class<?>, Object> settings() {
    return settings;
  }

  final void register(Loop loop) {
    DRIVER.set(loop, this);
    PeerReports.prepare(loop);
  }

  /// {@return the executor whose thread the loop runs on}
  public abstract EventExecutor executor();

  /// {@return whether Netty is polling, and has called a handler from there} Loop thread only.
  public abstract boolean isPolling();

  /// {@return the event loop on which this loop's channels are registered}
  ///
  /// @throws IllegalStateException if the executor has no sockets
  public final IoEventLoop ioEventLoop() {
    if (executor() instanceof IoEventLoop sockets) {
      return sockets;
    }
    throw noSockets();
  }

  /// {@return the transport of this loop's channels}
  ///
  /// @throws IllegalStateException if the executor has no sockets
  public Transport transport() {
    Transport known = transport;
    if (known == null) {
      known = executor() instanceof IoEventLoop sockets ? EventLoops.transportOf(sockets) : null;
      if (known == null) {
        throw noSockets();
      }
      transport = known;
    }
    return known;
  }

  private IllegalStateException noSockets() {
    return new IllegalStateException("the loop's executor has no sockets: " + executor());
  }

  /// Adds something to the list of objects that have work for Netty.
  public void addDirty(Dirty worker) {
    dirty.add(worker);
  }

  /// Sends what was written last, as far as the socket takes it. In asyncio that is sent too,
  /// because a write goes to the socket immediately.
  @Override
  public final void flush() {
    boolean _ = flushDirty();
  }

  /// Runs the work of everything on the list, including entries that are added in the meantime;
  /// loop's thread.
  ///
  /// @return whether work is left for the next call, which should follow soon
  final boolean flushDirty() {
    for (int round = 0; round < MOST_ROUNDS && !dirty.isEmpty(); round++) {
      for (int left = dirty.size(); left > 0; left--) {
        flush(dirty.remove());
      }
    }
    return !dirty.isEmpty();
  }

  /// Runs the work of one object, as if it were on the list; loop's thread.
  public final void flush(Dirty worker) {
    try {
      worker.flushToNetty();
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      MemoryReserve.useAfter(fault);
      fail(worker, fault);
    }
  }

  private void fail(Dirty worker, Throwable fault) {
    try {
      worker.flushFailed(fault);
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable again) {
      MemoryReserve.useAfter(again);
      dirty.add(worker);
    }
  }
}
