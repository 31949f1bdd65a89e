package io.loop.task;

import io.loop.base.Causes;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The interrupt of a body that was in a blocking call when its task was cancelled.
final class Interrupt {

  /*
   * The loop creates and sends it; the body's own thread ends it when it has its turn.
   *
   * `requests` counts the undelivered cancellation requests that were made before the interrupt was
   * sent or while it was outstanding. When a scope withdraws the last of them, the interrupt ends.
   *
   * A thread has a single interrupt flag. If it was set before our interrupt, it is not ours and
   * stays set.
   */

  private boolean isFlagOurs;
  private int requests;
  private @Nullable Throwable unrelated;

  /// @param isFlagOurs whether the thread's flag was clear before
  /// @param requests the number of requests already outstanding
  Interrupt(boolean isFlagOurs, int requests) {
    this.isFlagOurs = isFlagOurs;
    this.requests = requests;
  }

  void addRequest() {
    requests++;
  }

  /// Withdraws a request.
  ///
  /// @return whether none is left
  boolean removeRequest() {
    return --requests <= 0;
  }

  /// {@return an interrupt that is still outstanding although all its requests were withdrawn}
  Interrupt withoutRequests() {
    return new Interrupt(isFlagOurs, 0);
  }

  /// Resumes this interrupt after a shielded section. On the body's own thread.
  ///
  /// @param sets whether to set the thread's flag
  /// @param fault the exception that leaves the section, which this interrupt did not cause
  void resume(boolean sets, @Nullable Throwable fault) {
    unrelated = fault;
    if (sets) {
      isFlagOurs = !Thread.currentThread().isInterrupted();
      Thread.currentThread().interrupt();
    }
  }

  /// {@return whether an exception is, or was caused by, one from before this interrupt}
  boolean isUnrelatedTo(Throwable fault) {
    Throwable earlier = unrelated;
    return earlier != null && Causes.contains(fault, earlier);
  }

  /// Clears the interrupt flag of the calling thread, which is the body's.
  void takeOff() {
    if (isFlagOurs) {
      Thread.interrupted();
    }
  }

  /// {@return whether an interrupt caused an exception that was thrown after it}
  ///
  /// The exception of an interrupted call is often wrapped. Often, other code has also caught it
  /// and only set the flag again.
  ///
  /// @param fault the exception
  /// @param countsFlag whether the calling thread's flag also counts as evidence
  static boolean isBehind(Throwable fault, boolean countsFlag) {
    if (isOfItsOwn(fault)) {
      return false;
    }
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (@Nullable Throwable cause = fault;
        cause != null && seen.add(cause);
        cause = cause.getCause()) {
      if (isInterruption(cause)) {
        return true;
      }
    }
    return countsFlag && fault instanceof Exception && Thread.currentThread().isInterrupted();
  }

  /// Returns whether an exception is never translated: a cancellation, a group, whose tasks were
  /// interrupted separately, or an error that ends the program.
  private static boolean isOfItsOwn(Throwable fault) {
    return fault instanceof CancelledError
        || fault instanceof ExceptionGroup
        || fault instanceof KeyboardInterrupt
        || fault instanceof SystemExit;
  }

  private static boolean isInterruption(Throwable fault) {
    return fault instanceof InterruptedException
        || fault instanceof ClosedByInterruptException
        || (fault instanceof InterruptedIOException && !(fault instanceof SocketTimeoutException));
  }
}
