package io.loop.coroutine;

import io.loop.base.Throwing;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A body with its own stack, which can be suspended and resumed.
///
/// The owner calls [#resume] on its thread. The body then runs until it calls [#suspend], ends, or
/// blocks in a JDK call. The owner runs nothing else in this time. The body runs in a virtual
/// thread, so thread locals, scoped values, locks, stack traces and blocking calls work as usual.
///
/// Tasks are built on this class; programs use tasks.
public abstract sealed class Coroutine permits PlacedCoroutine, PortableCarrier {

  /// Why [#resume] returned.
  public enum Stop {
    /// The body called [Coroutine#suspend] and waits to be resumed.
    SUSPENDED,
    /// The body blocks in a JDK call, or its turn was postponed; [Owner#comeBack] follows.
    BLOCKED,
    /// The body has ended.
    DONE
  }

  /// The body, and the services that a coroutine needs from its owner.
  public interface Owner {
    /// Runs the body; must not throw. Called once for each coroutine that is created for this
    /// owner, on the coroutine's thread.
    void runBody();

    /// Notes that a blocking call has ended. The owner then calls [Coroutine#resume] soon on its
    /// thread, if [Coroutine#isAway] is still true. Any thread; may be called more often than
    /// needed.
    void comeBack();

    /// {@return whether an errand for the host can be run now} Called on the owner's thread. If it
    /// cannot, [Coroutine#resume] returns [Stop#BLOCKED], and the next resume runs the errand.
    default boolean isHostFree() {
      return true;
    }

    /// {@return whether the owner's thread is blocked unexpectedly, so that it cannot resume a
    /// coroutine whose blocking call has ended} Any thread; the answer may be out of date.
    default boolean isHeldUp() {
      return false;
    }

    /// Notes that a body is about to run in parallel with the owner. The owner waits for the body
    /// to stop before it does anything else. Called on the rescuing thread, before it checks
    /// [#isHeldUp] again.
    default void beginRescue() {}

    /// Ends what [#beginRescue] began: the body has stopped.
    default void endRescue() {}

    /// Frees memory if it can: the heap is full, and something that must be done needs memory. Any
    /// thread.
    ///
    /// @param full what was thrown
    default void freeMemory(OutOfMemoryError full) {}

    /// {@return whether the owner is closed and can no longer resume its coroutines} Any thread.
    default boolean isClosed() {
      return false;
    }
  }

  /*
   * The carriers share the errand: work that the owner's thread does for the body while the body
   * waits. Only one side runs at a time, and each switch orders memory, so the errand's fields are
   * plain.
   *
   * An errand for the host is postponed while the host is blocked: `errand` stays set, and the next
   * resume() runs it before it runs the body.
   */

  static final long MEMORY_RETRY_NANOS = 10_000_000;

  private @Nullable Supplier<?> errand;
  private boolean errandNeedsHost;
  private boolean errandFailed;
  private @Nullable Object errandOutcome; // its result, or what it threw

  Coroutine() {}

  /// {@return the owner of the coroutine that runs on the calling thread, or null if there is none}
  /// Any thread. A thread that a body has started does not count as the coroutine's.
  public static @Nullable Owner currentOwner() {
    return Carriers.PORTABLE ? PortableCarrier.ownerHere() : LoopCarrier.ownerHere();
  }

  /// {@return whether coroutines run on the portable carrier} `Task.isPortable` has the contract.
  public static boolean isPortable() {
    return Carriers.PORTABLE;
  }

  /// Starts or resumes the body, and returns when it stops. Owner's thread only.
  ///
  /// @return why it stopped
  public abstract Stop resume();

  /// Stops the body here until the next [#resume]. Coroutine only.
  ///
  /// @throws IllegalStateException if the stack cannot be suspended here, because of a native frame
  ///   or a class initializer on it
  public abstract void suspend();

  /// Waits until the body has its turn, if it continued on its own after a blocking call. Coroutine
  /// only.
  public abstract void rejoin();

  /// {@return whether the body is in a blocking call, or waits for its turn after one} Owner's
  /// thread only.
  public abstract boolean isAway();

  /// {@return whether the calling thread is this coroutine's} Any thread.
  public abstract boolean isCurrentThread();

  /// {@return the thread of the body} Any thread.
  public abstract Thread thread();

  /// {@return whether the thread of the body is interrupted} Owner's thread only.
  public boolean isInterrupted() {
    return thread().isInterrupted();
  }

  /// {@return whether a body may run without having its turn, so that every entry point must call
  /// [#rejoin]} Always true on the portable carrier; on the other one, true once a coroutine was
  /// rescued, which a rescued coroutine sees immediately.
  public static boolean mayGoAstray() {
    return Carriers.PORTABLE || Rescue.hasHappened;
  }

  /// {@return a coroutine that has not started, and whose thread runs no other body}
  ///
  /// @param owner its owner
  /// @param name the name of its thread
  /// @throws IllegalArgumentException if the system property is not the name of a carrier
  /// @throws IllegalStateException if it selects a carrier that this JVM does not support
  public static Coroutine create(Owner owner, String name) {
    Carriers.requireWishGranted();
    return Carriers.PORTABLE
        ? new PortableCarrier(owner, name)
        : new LoopCarrier(owner, name, null);
  }

  /// Runs something on the owner's thread, and waits for it. Coroutine only.
  ///
  /// The owner runs nothing else in between: this is part of the step.
  ///
  /// If the work throws, throws the same exception object, undeclared.
  ///
  /// @param work what to run on the owner's thread
  /// @param <T> the type of its result
  /// @return its result
  public final <T extends @Nullable Object> T callOutside(Supplier<T> work) {
    return call(work, false);
  }

  /// Runs something on the owner's thread that needs a free host, and waits for it; see
  /// [#callOutside]. Coroutine only.
  ///
  /// @param work what to run on the owner's thread, when [Owner#isHostFree]
  /// @param <T> the type of its result
  /// @return its result
  public final <T extends @Nullable Object> T callWithHost(Supplier<T> work) {
    return call(work, true);
  }

  @SuppressWarnings({
    "unchecked",
    "NullAway"
  }) // the result is what `work` returned, null if T allows
  private <T extends @Nullable Object> T call(Supplier<T> work, boolean needsHost) {
    rejoin();
    errand = work;
    errandNeedsHost = needsHost;
    try {
      suspend();
    } finally {
      errand = null; // not run, if the stack could not be suspended
    }
    Object outcome = errandOutcome;
    errandOutcome = null;
    if (errandFailed) {
      errandFailed = false;
      throw Throwing.rethrow((Throwable) Objects.requireNonNull(outcome));
    }
    return (T) outcome;
  }

  /// {@return whether the body waits for an errand that was postponed because the host was not
  /// free} Owner's thread only. In this case [Owner#comeBack] is not called, and the owner resumes
  /// the coroutine when the host is free.
  public final boolean waitsForHost() {
    return errand != null;
  }

  /// {@return whether the body waits for an errand} Owner's thread only.
  final boolean hasErrand() {
    return errand != null;
  }

  /// {@return whether the errand must wait for the host} Owner's thread only.
  final boolean mustPutOff(@Nullable Owner owner) {
    return errand != null && errandNeedsHost && owner != null && !owner.isHostFree();
  }

  /// {@return whether an errand was waiting and has been run} Owner's thread only.
  final boolean ranErrand() {
    Supplier<?> work = errand;
    if (work == null) {
      return false;
    }
    errand = null;
    try {
      errandOutcome = work.get();
    } catch (Throwable fault) {
      errandOutcome = fault;
      errandFailed = true;
    }
    return true;
  }

  /// An owner that was not told would never resume the body.
  static void tellThatItIsBack(Owner owner) {
    OutOfMemoryError full;
    do {
      full = null;
      try {
        owner.comeBack();
      } catch (OutOfMemoryError thrown) {
        full = thrown;
        owner.freeMemory(full);
        LockSupport.parkNanos(MEMORY_RETRY_NANOS);
      }
    } while (full != null);
  }
}
