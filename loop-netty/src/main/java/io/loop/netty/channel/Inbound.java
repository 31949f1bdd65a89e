package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Disconnects;
import io.loop.netty.base.Rethrow;
import io.loop.task.WaiterLine;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.Serial;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The messages and failures that a channel has received and its coroutine has not, in order.
///
/// Owns the messages until they are received.
///
/// @param <I> the type of the messages
final class Inbound<I> {

  /*
   *   OPEN --end--> ENDED (what is queued can still be received)
   *     `------------`--discard--> DISCARDED (everything is released, now and later)
   *
   * With endWhenWhole it ends as soon as the message that is arriving is whole: a codec may deliver
   * one in several parts.
   *
   * A failure is queued in order with the messages. A decoder's failure is thrown once, and later
   * messages follow. A failure of the connection is always the last entry, and is thrown by every
   * later call. Where a reset cuts a message, codecs report a second one, which is left out.
   *
   * A decoder may fail for every few bytes, and each failure is much larger than those bytes. So a
   * failure with the same message as the one before it is only counted. If there are already too
   * many entries, a failure after another failure is only counted too, whatever its message.
   */

  private static final class Failure {
    private final Throwable cause;
    private int repeats;

    Failure(Throwable cause) {
      this.cause = cause;
    }

    boolean isLike(Throwable other) {
      return cause.getClass() == other.getClass()
          && Objects.equals(cause.getMessage(), other.getMessage());
    }

    /// {@return the failure, with the number of those that were not kept}
    Throwable withRepeats() {
      if (repeats > 0) {
        cause.addSuppressed(new Repeated(repeats));
        repeats = 0;
      }
      return cause;
    }
  }

  /// Says how many failures followed that were not kept.
  private static final class Repeated extends Exception {
    @Serial private static final long serialVersionUID = 1;

    Repeated(int count) {
      super(count + " more failures followed directly", null, false, false);
    }
  }

  private enum State {
    OPEN,
    ENDED,
    DISCARDED
  }

  private final ArrayDeque<Object> queue = new ArrayDeque<>(1);
  private final WaiterLine receiver;
  private State state = State.OPEN;
  private final Predicate<Object> isLastPart;
  private int repeated;
  private boolean ending;
  private boolean whole = true;
  private @Nullable IOException lost;

  /// @param isLastPart whether a message completes what its peer is sending
  Inbound(Loop loop, Predicate<Object> isLastPart) {
    this.receiver = new WaiterLine(loop);
    this.isLastPart = isLastPart;
  }

  /// {@return how many messages and failures are queued, including those that were only counted}
  int size() {
    return queue.size() + repeated;
  }

  boolean hasEnded() {
    return state != State.OPEN;
  }

  boolean isDiscarded() {
    return state == State.DISCARDED;
  }

  /// Adds a message and takes ownership of it.
  void add(I message) {
    if (state == State.OPEN && !(ending && whole)) {
      whole = isLastPart.test(message);
      queue.add(message);
      receiver.wakeAll();
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  /// {@return false if it is too late to be received}
  ///
  /// @param most the number of entries from which a failure is only counted, if possible
  boolean fail(Throwable cause, int most) {
    if (state != State.OPEN) {
      return false;
    }
    if (Disconnects.isEndInTheMiddle(cause) && isLost()) {
      return true;
    }
    if (queue.peekLast() instanceof Failure last && (size() >= most || last.isLike(cause))) {
      last.repeats++;
      repeated++;
      return true;
    }
    queue.add(new Failure(cause));
    receiver.wakeAll();
    return true;
  }

  private boolean isLost() {
    return lost != null
        || (queue.peekLast() instanceof Failure last && last.cause instanceof IOException);
  }

  void end() {
    if (state == State.OPEN) {
      state = State.ENDED;
      receiver.wakeAll();
    }
  }

  /// Ends it where no message is incomplete; what has arrived can still be received.
  void endWhenWhole() {
    ending = true;
    if (whole) {
      end();
    }
  }

  /// Suspends until there is something to [#take], or the stream has ended.
  ///
  /// @param beforeWaiting runs if this has to wait
  void await(Runnable beforeWaiting) {
    while (queue.isEmpty() && state == State.OPEN) {
      if (ending && whole) {
        end();
        return;
      }
      if (receiver.hasLive()) {
        throw new IllegalStateException(
            "receive() called while another coroutine is already waiting for a message");
      }
      beforeWaiting.run();
      receiver.await();
    }
  }

  /// {@return the next message, or null at the end}
  @SuppressWarnings("unchecked") // the queue holds failures and what add() took
  @Nullable I take() throws IOException {
    Object next = queue.poll();
    if (next instanceof Failure failure) {
      repeated -= failure.repeats;
      Throwable cause = failure.withRepeats();
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

  /// Passes the remaining messages to one consumer, in order, and the failures to another.
  void handOver(Consumer<Object> messages, Consumer<Throwable> failures) {
    state = State.DISCARDED;
    repeated = 0;
    for (Object next; (next = queue.poll()) != null; ) {
      if (next instanceof Failure failure) {
        failures.accept(failure.withRepeats());
      } else {
        messages.accept(next);
      }
    }
    receiver.wakeAll();
  }
}
