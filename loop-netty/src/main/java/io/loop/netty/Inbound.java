package io.loop.netty;

import io.loop.event.Loop;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a channel has received and its coroutine has not: messages and failures, in order.
///
/// Owns the messages until they are received.
///
/// @param <I> the type of the messages
final class Inbound<I> {

  /*
   *   OPEN --end--> ENDED (what is queued can still be received)
   *     `------------`--discard--> DISCARDED (everything is released, now and later)
   *
   * A failure takes its place among the messages. A decoder's is thrown once, and the messages behind
   * it follow; a failure of the connection is the last thing there is, and is thrown for ever.
   */

  private record Failure(Throwable cause) {}

  private enum State {
    OPEN,
    ENDED,
    DISCARDED
  }

  private final ArrayDeque<Object> queue = new ArrayDeque<>(1);
  private final Waiters receiver;
  private State state = State.OPEN;
  private @Nullable IOException lost;

  Inbound(Loop loop) {
    this.receiver = new Waiters(loop);
  }

  int size() {
    return queue.size();
  }

  boolean hasEnded() {
    return state != State.OPEN;
  }

  boolean isDiscarded() {
    return state == State.DISCARDED;
  }

  /// Takes a message over, with its reference.
  void add(I message) {
    if (state == State.OPEN) {
      queue.add(message);
      receiver.wakeAll();
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  /// {@return false if it comes too late to be received}
  boolean fail(Throwable cause) {
    if (state != State.OPEN) {
      return false;
    }
    queue.add(new Failure(cause));
    receiver.wakeAll();
    return true;
  }

  void end() {
    if (state == State.OPEN) {
      state = State.ENDED;
      receiver.wakeAll();
    }
  }

  /// Suspends until there is something to [#take], or there never will be.
  ///
  /// @param beforeWaiting is run if it has to wait
  void await(Runnable beforeWaiting) {
    if (!receiver.isEmpty()) {
      throw new IllegalStateException(
          "receive() called while another coroutine is already waiting for a message");
    }
    while (queue.isEmpty() && state == State.OPEN) {
      beforeWaiting.run();
      receiver.await();
    }
  }

  /// {@return the next message, or null at the end}
  @SuppressWarnings("unchecked") // the queue holds failures and what add() took
  @Nullable I take() throws IOException {
    Object next = queue.poll();
    if (next instanceof Failure(Throwable cause)) {
      if (cause instanceof IOException fatal) {
        lost = fatal;
      }
      throw Rethrow.unchecked(cause);
    }
    if (next == null && lost != null) {
      throw lost;
    }
    return (I) next;
  }

  /// Gives up the messages that are left, in order, to somebody else; failures go to another.
  void handOver(Consumer<Object> messages, Consumer<Throwable> failures) {
    state = State.DISCARDED;
    for (Object next; (next = queue.poll()) != null; ) {
      if (next instanceof Failure(Throwable cause)) {
        failures.accept(cause);
      } else {
        messages.accept(next);
      }
    }
    receiver.wakeAll();
  }
}
