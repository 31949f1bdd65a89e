package io.loop.event;

import io.loop.coroutine.Coroutine;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The two threads of a loop's run, its own and the host's, and how one calls the other.
///
/// Loop thread and host only, except [#hasHost].
final class Sides {

  /*
   * The host is created by the first run, or when the loop is closed on a platform thread. From
   * then on it belongs to the loop.
   */

  private final Loop loop;
  private final Poller poller;
  private final Presence presence;
  private final boolean attached;
  private @Nullable LoopHost host;

  Sides(Loop loop, Poller poller, Presence presence, boolean attached) {
    this.loop = loop;
    this.poller = poller;
    this.presence = presence;
    this.attached = attached;
  }

  /// See [Loop#hasHost]. Any thread.
  boolean hasHost() {
    return !attached && !Coroutine.isPortable();
  }

  /// {@return the host, carried by the calling thread from now on; null if this loop has none}
  @Nullable LoopHost findHost() {
    LoopHost found = host;
    if (found == null && hasHost()) {
      found = new LoopHost(loop, poller);
      host = found;
      presence.setHostThread(found.thread());
      loop.turn().setHost(found);
    }
    if (found != null) {
      found.setCarrier(Thread.currentThread());
    }
    return found;
  }

  void endRun() {
    LoopHost carried = host;
    if (carried != null) {
      carried.setCarrier(null);
    }
  }

  /// See [EnteredLoop#callOnHost].
  @SuppressWarnings({"unchecked", "NullAway"}) // the result is what `work` returned
  <T extends @Nullable Object> T callOnHost(Supplier<T> work) {
    LoopHost other = host;
    if (other == null || !other.isOnCarrier()) {
      return work.get();
    }
    var result = new @Nullable Object[1];
    other.run(() -> result[0] = work.get());
    return (T) result[0];
  }

  /// Runs internal work that notifies the program: on the host now, or soon if the host is blocked.
  void runOnHost(Runnable work) {
    if (isHostFree()) {
      callOnHost(() -> {
        work.run();
        return true;
      });
    } else {
      loop.turn().append(new Handle(loop, work::run, null));
    }
  }

  /// See [EnteredLoop#isHostFree].
  boolean isHostFree() {
    LoopHost other = host;
    return other == null || !other.isOnCarrier() || other.isHostFree();
  }

  /// See [EnteredLoop#callOnCarrier].
  <T extends @Nullable Object> T callOnCarrier(Supplier<T> work) {
    LoopHost here = host;
    return here != null && here.isCurrentThread() ? here.callOnCarrier(work) : work.get();
  }

  /// @throws IllegalStateException if the host cannot be carried by the calling thread
  void requireClosable() {
    if (host != null && Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "This loop has run on a platform thread; close it there, and not on a virtual one");
    }
  }

  /// Runs the end of the loop where the program's code belongs, and ends the host.
  void close(Runnable work) {
    LoopHost closing = Thread.currentThread().isVirtual() ? null : findHost();
    if (closing == null) {
      poller.enclose(work);
    } else {
      closing.run(work);
      closing.end();
    }
  }
}
