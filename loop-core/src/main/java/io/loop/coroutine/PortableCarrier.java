package io.loop.coroutine;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A coroutine on an ordinary virtual thread that alternates with its owner's thread: the carrier
/// that needs no flag.
final class PortableCarrier extends Coroutine {

  /*
   *   NEW --resume--> RUNNING --suspend--> SUSPENDED --resume--> RUNNING
   *                    |   ^
   *      owner: blocked?   owner: resume
   *                    v   |
   *                  AWAY --rejoin--> RETURNING (comeBack was called)
   *
   *   RUNNING --body ends--> DONE; a body that ends while AWAY rejoins first.
   *
   * The phase is the baton: a side that finds the other side's phase waits. While the body is
   * RUNNING the owner parks, a millisecond at a time, and checks whether the body's thread is
   * waiting. If it is twice in a row, it is in a blocking call, and the owner continues without it.
   * After setting AWAY the owner checks again: if the body has woken in the meantime, it may have
   * passed a rejoin() that still saw RUNNING, so AWAY is withdrawn. If it still waits, every later
   * rejoin() sees AWAY. It may even be waiting for the baton it has just got, if a stack walker
   * delays it: so a body that waits for its turn and finds AWAY asks to come back.
   *
   * Nothing can prevent a body that returns from a blocking call from running its own code in
   * parallel with the owner; it waits at its next rejoin(). That is the cost of this carrier.
   *
   * An interrupted thread does not park: the flag is cleared while waiting for the baton and
   * restored afterwards. `held` records it in between; it is set before the flag is cleared, and
   * read after the flag.
   */

  private enum Phase {
    NEW,
    RUNNING,
    SUSPENDED,
    AWAY,
    RETURNING,
    DONE
  }

  private static final long LOOK_NANOS = 1_000_000;
  private static final long CLOSED_LOOK_NANOS = 1_000_000_000;
  private static final ScopedValue<PortableCarrier> CURRENT = ScopedValue.newInstance();

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
  private final Owner owner;
  private final Thread thread;
  private volatile @Nullable Thread ownersThread;
  private volatile boolean held;

  PortableCarrier(Owner owner, String name) {
    this.owner = owner;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::runThread);
  }

  static @Nullable Owner ownerHere() {
    PortableCarrier here = CURRENT.isBound() ? CURRENT.get() : null;
    return here != null && here.isCurrentThread() // a fork inherits the binding
        ? here.owner
        : null;
  }

  private void runThread() {
    try {
      ScopedValue.where(CURRENT, this).run(owner::runBody);
    } finally {
      rejoin();
      phase.set(Phase.DONE);
      LockSupport.unpark(ownersThread);
    }
  }

  @Override
  public Stop resume() {
    ownersThread = Thread.currentThread();
    switch (phase.get()) {
      case NEW -> {
        phase.set(Phase.RUNNING);
        thread.start();
      }
      case SUSPENDED, RETURNING -> passBaton();
      default -> {
        return Stop.BLOCKED; // away, and has not asked to come back
      }
    }
    Stop stop = awaitBaton();
    while (stop == Stop.SUSPENDED && ranErrand()) { // the owner has no host that could be blocked
      passBaton();
      stop = awaitBaton();
    }
    return stop;
  }

  private void passBaton() {
    phase.set(Phase.RUNNING);
    LockSupport.unpark(thread);
  }

  private Stop awaitBaton() {
    boolean interrupted = false;
    boolean waitedBefore = false;
    while (phase.get() == Phase.RUNNING) {
      LockSupport.parkNanos(this, LOOK_NANOS);
      interrupted |= Thread.interrupted();
      boolean waits = isWaiting();
      if (waits && waitedBefore && letGo()) {
        break;
      }
      waitedBefore = waits;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return switch (phase.get()) {
      case SUSPENDED -> Stop.SUSPENDED;
      case DONE -> Stop.DONE;
      default -> Stop.BLOCKED;
    };
  }

  private boolean letGo() {
    return phase.compareAndSet(Phase.RUNNING, Phase.AWAY)
        && (isWaiting() || !phase.compareAndSet(Phase.AWAY, Phase.RUNNING));
  }

  private boolean isWaiting() {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED -> true;
      default -> false;
    };
  }

  @Override
  public void suspend() {
    do {
      rejoin();
      if (phase.get() != Phase.RUNNING && owner.isClosed()) {
        throw new IllegalStateException("Event loop is closed"); // it would never be resumed
      }
    } while (!phase.compareAndSet(Phase.RUNNING, Phase.SUSPENDED));
    LockSupport.unpark(ownersThread);
    awaitTurn();
  }

  @Override
  public void rejoin() {
    if (phase.get() == Phase.AWAY && !owner.isClosed()) { // otherwise there is no turn to wait for
      awaitTurn();
    }
  }

  private void awaitTurn() {
    while (phase.get() != Phase.RUNNING) {
      if (phase.compareAndSet(Phase.AWAY, Phase.RETURNING)) {
        tellThatItIsBack(owner);
      }
      LockSupport.parkNanos(this, CLOSED_LOOK_NANOS);
      if (thread.isInterrupted()) {
        held = true;
        Thread.interrupted();
      }
      if (owner.isClosed()) {
        break; // it continues without a turn: the owner is gone
      }
    }
    if (held) {
      thread.interrupt();
      held = false;
    }
  }

  @Override
  public boolean isInterrupted() {
    return thread.isInterrupted() || held;
  }

  @Override
  public boolean isAway() {
    Phase now = phase.get();
    return now == Phase.AWAY || now == Phase.RETURNING;
  }

  @Override
  public boolean isCurrentThread() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Thread thread() {
    return thread;
  }
}
