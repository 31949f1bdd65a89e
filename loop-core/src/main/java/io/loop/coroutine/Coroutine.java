package io.loop.coroutine;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A body that can stop in the middle and go on later, on a stack of its own.
///
/// The owner calls [#resume] on its thread; the body runs until it calls [#suspend], ends, or
/// blocks in a JDK call. Nothing else of the owner runs meanwhile. The body is a virtual thread:
/// thread locals, scoped values, locks, stack traces and blocking calls work in it as in any other.
///
/// This is what tasks are made of; programs use tasks.
public abstract sealed class Coroutine permits LoopCarrier, PortableCarrier {

  /// Why [#resume] returned.
  public enum Stop {
    /// The body called [Coroutine#suspend] and waits to be resumed.
    SUSPENDED,
    /// The body blocks in a JDK call, or its turn was put off; [Owner#comeBack] follows.
    BLOCKED,
    /// The body has ended.
    DONE
  }

  /// What a coroutine asks of its owner.
  public interface Owner {
    /// Arranges that [Coroutine#resume] is called soon on the owner's thread, if [Coroutine#isAway]
    /// still says so by then: a blocking call has ended. Any thread; may be called more often than
    /// needed.
    void comeBack();

    /// {@return whether an errand for the host can be run now} Asked on the owner's thread. If it
    /// cannot, [Coroutine#resume] returns [Stop#BLOCKED] and the errand is run at the next one.
    default boolean isHostFree() {
      return true;
    }

    /// {@return whether the owner's thread is held up where it should not be, so that it cannot
    /// take a coroutine that has come back} Any thread; the answer may be old.
    default boolean isHeldUp() {
      return false;
    }

    /// Notes that a body is about to run beside the owner, which waits for its end before it does
    /// anything else. Called on the rescuing thread, before it looks at [#isHeldUp] once more.
    default void beginRescue() {}

    /// Ends what [#beginRescue] began: that body has stopped.
    default void endRescue() {}

    /// {@return whether there is no owner any more that could take its coroutines} Any thread.
    default boolean isClosed() {
      return false;
    }
  }

  /*
   * What the carriers share: the errand, a piece of work that the body
   * has the owner's thread do while it waits. Only one side runs at a time, and each hand-over
   * orders memory, so the errand's fields are plain.
   *
   * An errand for the host is put off while the host is blocked: `errand` stays set, and the next
   * resume() runs it before it runs the body.
   */

  private @Nullable Supplier<?> errand;
  private boolean errandNeedsHost;
  private @Nullable Object errandResult;
  private @Nullable Throwable errandFault;

  Coroutine() {}

  /// {@return the owner of the coroutine whose thread calls, or null if it is no coroutine's} Any
  /// thread. A thread that a body has made is not the coroutine's.
  public static @Nullable Owner currentOwner() {
    return Carriers.PORTABLE ? PortableCarrier.ownerHere() : LoopCarrier.ownerHere();
  }

  /// {@return whether coroutines here hand a baton to and fro with the owner's thread, instead of
  /// being scheduled by it}
  ///
  /// That needs no flag but is many times slower per step, and a body that comes out of a blocking
  /// JDK call goes on by itself until it calls [#rejoin]. Forced with the system property
  /// `io.loop.carrier`: `loop` or `portable`.
  public static boolean isPortable() {
    return Carriers.PORTABLE;
  }

  /// Starts the body, or lets it go on, and returns when it stops. Owner's thread only.
  ///
  /// @return why it stopped
  public abstract Stop resume();

  /// Stops the body here until the next [#resume]. Coroutine only.
  ///
  /// @throws IllegalStateException if the stack cannot be suspended here: below a native frame or
  ///   in a class initializer
  public abstract void suspend();

  /// Waits until the body has its turn, if it went on by itself after a blocking call. Coroutine
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

  /// {@return whether a body may run without having its turn, so that it has to be looked for with
  /// [#rejoin] at every entrance} Always on the portable carrier; else once a coroutine was
  /// rescued, which those that were notice at once.
  public static boolean mayGoAstray() {
    return Carriers.PORTABLE || Rescue.hasHappened;
  }

  /// {@return a coroutine that has not begun, and whose thread runs no other body}
  ///
  /// @param body what to run; must not throw
  /// @param owner its owner
  /// @param name the name of its thread
  /// @throws IllegalArgumentException if the system property names no carrier
  /// @throws IllegalStateException if it asks for one that this JVM cannot have
  public static Coroutine create(Runnable body, Owner owner, String name) {
    Carriers.requireWishGranted();
    return Carriers.PORTABLE
        ? new PortableCarrier(body, owner, name)
        : new LoopCarrier(body, owner, name, null);
  }

  /// Has the owner's thread run something, and waits for it. Coroutine only.
  ///
  /// Nothing else of the owner runs in between: to the owner this is part of the step.
  ///
  /// Throws what the work threw, the very object, undeclared.
  ///
  /// @param work what to run on the owner's thread
  /// @param <T> the type of its result
  /// @return its result
  public final <T extends @Nullable Object> T callOutside(Supplier<T> work) {
    return call(work, false);
  }

  /// Has the owner's thread run something for which its host must be free, and waits for it; as
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
    Throwable fault = errandFault;
    Object result = errandResult;
    errandFault = null;
    errandResult = null;
    if (fault != null) {
      throw Coroutine.<Error>sneak(fault);
    }
    return (T) result;
  }

  /// {@return whether the body waits for an errand that was put off, because the host was not free}
  /// Owner's thread only. Then nobody calls [Owner#comeBack]: the owner resumes it by itself.
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
      errandResult = work.get();
    } catch (Throwable fault) {
      errandFault = fault;
    }
    return true;
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
