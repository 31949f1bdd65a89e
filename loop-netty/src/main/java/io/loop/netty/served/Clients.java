package io.loop.netty.served;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.LoopCalls;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.channel.ChannelFuture;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The connections of a server, and the bodies that serve them.
///
/// A body may outlive its connection, for example to save something after the peer has
/// disconnected. So both are tracked. Any thread, unless a method says otherwise.
public final class Clients {

  /*
   * Connections run on their own loops, and are added and removed on those threads, so the maps are
   * concurrent. A closing loop may not report the end of a body, but always reports the end of a
   * connection.
   *
   * Each loop knows which servers have connections on it, so that these are closed gracefully
   * before the loop's tasks are cancelled.
   */

  private static final LoopLocal<Set<Clients>> HERE =
      LoopLocal.withInitial(_ -> Collections.newSetFromMap(new WeakHashMap<>()));

  private final ConcurrentHashMap<Served, InetAddress> connections = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Served, Task<?>> bodies = new ConcurrentHashMap<>();
  private final Duration grace;

  /// @param grace how long bodies may continue when their loop shuts down
  public Clients(Duration grace) {
    this.grace = grace;
  }

  /// Adds a connection; its loop's thread.
  public void add(Served connection, InetAddress from) {
    connections.put(connection, from);
    HERE.get(connection.loop()).add(this);
  }

  /// Removes a connection; its loop's thread.
  ///
  /// @return its peer's address; null if it was not registered
  public @Nullable InetAddress remove(Served connection) {
    if (connection.loop().isClosed()) {
      bodies.remove(connection);
    }
    return connections.remove(connection);
  }

  public void began(Served connection, Task<?> body) {
    bodies.put(connection, body);
  }

  public void ended(Served connection) {
    bodies.remove(connection);
  }

  public Collection<Served> connections() {
    return connections.keySet();
  }

  public boolean areGone() {
    return connections.isEmpty() && bodies.isEmpty();
  }

  /// Schedules an action for each connection, on its loop's thread.
  public void forEach(Consumer<Served> action) {
    for (Served connection : connections.keySet()) {
      LoopCalls.soon(connection.loop(), () -> action.accept(connection));
    }
  }

  public void forgetBodies() {
    bodies.clear();
  }

  public void cancelBodies() {
    bodies.forEach((_, body) -> LoopCalls.soon(body.getLoop(), body::cancel));
  }

  /// {@return whether servers have connections or bodies on a loop} Its thread.
  public static boolean areOn(Loop loop) {
    return HERE.get(loop).stream().anyMatch(clients -> clients.isOn(loop));
  }

  private boolean isOn(Loop loop) {
    return !connectionsOn(loop).isEmpty() || !bodiesOn(loop).isEmpty();
  }

  private List<Served> connectionsOn(Loop loop) {
    return connections.keySet().stream().filter(each -> each.loop() == loop).toList();
  }

  private List<LoopFuture<?>> bodiesOn(Loop loop) {
    List<LoopFuture<?>> found = new ArrayList<>();
    bodies.forEach((_, body) -> {
      if (body.getLoop() == loop) {
        found.add(body);
      }
    });
    return found;
  }

  /// Closes the connections that servers have on the running loop gracefully, and waits for them
  /// and their bodies, for up to the grace period of each server. Coroutine only.
  public static void endHere() {
    Loop loop = Loop.running();
    Duration began = loop.time();
    List<Clients> here = List.copyOf(HERE.get(loop));
    here.forEach(clients -> clients.connectionsOn(loop).forEach(Served::finish));
    for (Clients clients : here) {
      try {
        // all grace periods start together
        Duration left = clients.grace.minus(loop.time().minus(began));
        Asyncio.timeout(left, () -> clients.awaitThoseOn(loop));
      } catch (TimeoutException slow) {
        // the loop cancels the remaining bodies
      }
    }
  }

  private void awaitThoseOn(Loop loop) {
    List<LoopFuture<?>> left = bodiesOn(loop);
    if (!left.isEmpty()) {
      Asyncio.wait(left);
    }
    for (Served connection : connectionsOn(loop)) {
      ChannelFuture closed = connection.channel().closeFuture();
      ChannelFutures.await(closed);
    }
  }
}
