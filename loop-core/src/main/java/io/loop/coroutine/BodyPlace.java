package io.loop.coroutine;

import java.io.Serial;
import java.util.concurrent.atomic.AtomicReference;

/// Which thread may mount a body that blocks: its owner's, or that of a rescuer.
///
/// Any thread. The blocking call may end on any thread, while the owner's thread is held up.
final class BodyPlace extends AtomicReference<BodyPlace.Place> {

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
   * It is the reference and does not have one, because each coroutine has one of these.
   */

  @Serial private static final long serialVersionUID = 1;

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

  BodyPlace() {
    super(Place.OWNED);
  }

  boolean isOwned() {
    return get() == Place.OWNED;
  }

  boolean isBack() {
    return get() == Place.BACK;
  }

  /// {@return whether the body had come back, and is the owner's again}
  boolean takeBack() {
    return compareAndSet(Place.BACK, Place.OWNED);
  }

  /// {@return whether `execute` was called early, without effect}
  boolean forgetEarly() {
    return compareAndSet(Place.EARLY, Place.OWNED);
  }

  /// The owner leaves the body in its blocking call.
  ///
  /// @return whether the call has already ended
  boolean leave() {
    if (compareAndSet(Place.OWNED, Place.AWAY)) {
      return false;
    }
    set(Place.BACK); // it was EARLY
    return true;
  }

  /// {@return whether the caller may run the body, which has come back}
  boolean beginRescue() {
    return compareAndSet(Place.BACK, Place.RESCUED);
  }

  /// The rescuer stops running the body.
  ///
  /// @param wantsTurn whether the body waits for its turn
  /// @return whether the body is back, and not in another blocking call
  boolean endRescue(boolean wantsTurn) {
    if (!wantsTurn && compareAndSet(Place.RESCUED, Place.AWAY)) {
      return false;
    }
    set(Place.BACK);
    return true;
  }

  /// The blocking call has ended: `execute`.
  ///
  /// @return where the body was
  Place comeBack() {
    while (true) {
      Place seen = get();
      Place next =
          switch (seen) {
            case AWAY, BACK -> Place.BACK;
            case OWNED, EARLY -> Place.EARLY;
            case RESCUED, RESCUED_EARLY -> Place.RESCUED_EARLY;
          };
      if (seen == next || compareAndSet(seen, next)) {
        return seen;
      }
    }
  }
}
