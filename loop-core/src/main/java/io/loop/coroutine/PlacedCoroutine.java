package io.loop.coroutine;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/// A coroutine that knows which thread may mount its body when it blocks: its owner's, or that of a
/// rescuer.
///
/// Any thread. The blocking call may end on any thread, while the owner's thread is held up.
abstract sealed class PlacedCoroutine extends Coroutine permits LoopCarrier {

  /*
   *   OWNED --resume() returns BLOCKED--> AWAY --execute--> BACK --resume--> OWNED
   *     `--execute--> EARLY --BLOCKED--> BACK                `--rescue--> RESCUED --stops--> AWAY
   *                     `--resume--> OWNED                                  `--execute, or wants its
   *                                                                            turn--> BACK
   *
   * Every arrow that two threads may take is a compare-and-set, and only the thread that has taken
   * the arrow to OWNED or RESCUED runs the continuation. EARLY is a call of `execute` before
   * resume() has returned; it has no effect if the body turns out to be suspended. A call while
   * RESCUED makes it RESCUED_EARLY, and BACK when the rescuer is done.
   *
   * `watch` says whether the thread that rescues bodies watches this one, and what it saw last.
   *
   * This is the superclass of the carrier and not a part of it, because an object per coroutine
   * would cost 16 bytes more.
   */

  enum Place {
    OWNED,
    EARLY,
    AWAY,
    BACK,
    RESCUED,
    RESCUED_EARLY;

    /// {@return whether a rescuer runs the body}
    boolean isRescue() {
      return this == RESCUED || this == RESCUED_EARLY;
    }
  }

  private static final AtomicReferenceFieldUpdater<PlacedCoroutine, Place> PLACE =
      AtomicReferenceFieldUpdater.newUpdater(PlacedCoroutine.class, Place.class, "place");

  private static final byte UNWATCHED = 0;
  private static final byte WATCHED = 1;
  private static final byte WATCHED_AND_HELD_UP = 2;

  private static final VarHandle WATCH =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "watch", VarHandle.class, PlacedCoroutine.class, byte.class);

  private volatile Place place = Place.OWNED;

  // Rescue's. A byte, because each coroutine has one.
  private volatile byte watch;
  @Nullable LoopCarrier nextWatched;

  final boolean isOwned() {
    return place == Place.OWNED;
  }

  final boolean isBack() {
    return place == Place.BACK;
  }

  /// {@return whether the body had come back, and is the owner's again}
  final boolean reclaim() {
    return PLACE.compareAndSet(this, Place.BACK, Place.OWNED);
  }

  /// {@return whether `execute` was called early, without effect}
  final boolean forgetEarly() {
    return PLACE.compareAndSet(this, Place.EARLY, Place.OWNED);
  }

  /// The owner leaves the body in its blocking call.
  ///
  /// @return whether the call has already ended
  final boolean beginAway() {
    if (PLACE.compareAndSet(this, Place.OWNED, Place.AWAY)) {
      return false;
    }
    place = Place.BACK; // it was EARLY
    return true;
  }

  /// {@return whether the caller may run the body, which has come back}
  final boolean beginRescue() {
    return PLACE.compareAndSet(this, Place.BACK, Place.RESCUED);
  }

  /// The rescuer stops running the body.
  ///
  /// @param wantsTurn whether the body waits for its turn
  /// @return whether the body is back, and not in another blocking call
  final boolean endRescue(boolean wantsTurn) {
    if (!wantsTurn && PLACE.compareAndSet(this, Place.RESCUED, Place.AWAY)) {
      return false;
    }
    place = Place.BACK;
    return true;
  }

  /// The blocking call has ended: `execute`.
  ///
  /// @return where the body was
  final Place endAway() {
    while (true) {
      Place seen = place;
      Place next =
          switch (seen) {
            case AWAY, BACK -> Place.BACK;
            case OWNED, EARLY -> Place.EARLY;
            case RESCUED, RESCUED_EARLY -> Place.RESCUED_EARLY;
          };
      if (seen == next || PLACE.compareAndSet(this, seen, next)) {
        return seen;
      }
    }
  }

  /// {@return whether the caller has to watch it; any thread} False if it is watched already.
  final boolean beginWatch() {
    return WATCH.compareAndSet(this, UNWATCHED, WATCHED);
  }

  final void endWatch() {
    watch = UNWATCHED;
  }

  /// {@return whether its owner was held up when it was watched last} Watching thread only, like
  /// the next method.
  final boolean wasHeldUp() {
    return watch == WATCHED_AND_HELD_UP;
  }

  final void noteHeldUp(boolean heldUp) {
    watch = heldUp ? WATCHED_AND_HELD_UP : WATCHED;
  }
}
