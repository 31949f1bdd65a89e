package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.task.WaiterLine;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The user events of a channel's pipeline, in order: idleness, handshakes, upgrades and other
/// events that handlers fire.
///
/// Coroutines of the channel's loop only, one at a time. The last 64 events that were not received
/// are kept. Iterating returns the events until the channel is closed or detached.
public final class ChannelEvents implements Iterable<Object> {

  private static final int CAPACITY = 64;

  private final Loop loop;
  private final ArrayDeque<Object> queue = new ArrayDeque<>(2);
  private final WaiterLine receiver;
  private boolean ended;

  ChannelEvents(Loop loop) {
    this.loop = loop;
    this.receiver = new WaiterLine(loop);
  }

  /// Adds an event, which is passed on as well, so it is retained.
  void add(Object event) {
    if (ended) {
      return;
    }
    if (queue.size() == CAPACITY) {
      ReferenceCountUtil.release(queue.poll());
    }
    queue.add(ReferenceCountUtil.retain(event));
    receiver.wakeAll();
  }

  void end() {
    ended = true;
    receiver.wakeAll();
  }

  void discard() {
    end();
    queue.forEach(ReferenceCountUtil::release);
    queue.clear();
  }

  /// {@return the next event, or null when the channel is closed or detached} Suspends until there
  /// is one, and is a cancellation point only then. The caller must release a reference-counted
  /// event.
  ///
  /// @throws IllegalStateException if another coroutine is waiting for an event
  public @Nullable Object receive() {
    loop.checkTurn();
    while (queue.isEmpty() && !ended) {
      if (receiver.hasLive()) {
        throw new IllegalStateException(
            "receive() called while another coroutine is already waiting for an event");
      }
      receiver.await();
    }
    return queue.poll();
  }

  /// {@return the next event of a type, or null when the channel is closed or detached; others
  /// before it are dropped} Suspends like [#receive()].
  ///
  /// @param type the type
  /// @param <E> the type
  /// @throws IllegalStateException if another coroutine is waiting for an event
  public <E> @Nullable E receive(Class<E> type) {
    for (Object event; (event = receive()) != null; ) {
      if (type.isInstance(event)) {
        return type.cast(event);
      }
      ReferenceCountUtil.release(event);
    }
    return null;
  }

  /// {@return the events until the channel is closed or detached}
  @Override
  public Iterator<Object> iterator() {
    return new Iterator<>() {
      private @Nullable Object ahead;

      @Override
      public boolean hasNext() {
        if (ahead == null) {
          ahead = receive();
        }
        return ahead != null;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the channel is closed or detached");
        }
        Object event = Objects.requireNonNull(ahead);
        ahead = null;
        return event;
      }
    };
  }
}
