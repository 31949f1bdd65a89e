package io.loop.task;

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
   * The loop makes it and sends it; the body's own thread, when it has its turn, ends it.
   *
   * `requests` is how many of the requests that the task still has to pass to its body came before
   * or while the interrupt was out. A scope that takes its own back ends the interrupt with the last
   * of them.
   *
   * A thread has one flag, whoever set it. If it was up before ours, it is somebody else's and stays.
   */

  private boolean isFlagOurs;
  private int requests;
  private @Nullable Throwable unrelated;

  /// @param isFlagOurs whether the thread's flag was down before
  /// @param requests how many requests wait already
  Interrupt(boolean isFlagOurs, int requests) {
    this.isFlagOurs = isFlagOurs;
    this.requests = requests;
  }

  void addRequest() {
    requests++;
  }

  /// Takes a request back.
  ///
  /// @return whether none is left
  boolean removeRequest() {
    return --requests <= 0;
  }

  /// {@return an interrupt that is out still, after all that it was sent for was taken back}
  Interrupt withoutRequests() {
    return new Interrupt(isFlagOurs, 0);
  }

  /// Goes on after a stretch of the body that was kept from it. On the body's own thread.
  ///
  /// @param sets whether to set the thread's flag
  /// @param fault what leaves that stretch, and so did not come of this
  void resume(boolean sets, @Nullable Throwable fault) {
    unrelated = fault;
    if (sets) {
      isFlagOurs = !Thread.currentThread().isInterrupted();
      Thread.currentThread().interrupt();
    }
  }

  /// {@return whether an exception is, or came of, one from before this interrupt}
  boolean isUnrelatedTo(Throwable fault) {
    Throwable earlier = unrelated;
    return earlier != null && Causes.contains(fault, earlier);
  }

  /// Takes the interrupt off the calling thread, which is the body's.
  void takeOff() {
    if (isFlagOurs) {
      Thread.interrupted();
    }
  }

  /// {@return whether an exception that came after an interrupt came of it}
  ///
  /// What an interrupted call throws is often wrapped; and often the flag alone is left, put back
  /// by somebody on the way.
  ///
  /// @param fault the exception
  /// @param countsFlag whether the calling thread's flag says so too
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

  /// A cancellation needs no translation, a group tells of tasks that have been interrupted by
  /// themselves, and what ends the program ends it.
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
