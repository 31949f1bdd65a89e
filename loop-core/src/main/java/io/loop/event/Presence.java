package io.loop.event;

import io.loop.base.WrongThread;
import io.loop.context.CurrentContext;
import io.loop.coroutine.Coroutine;
import org.jspecify.annotations.Nullable;

/// Who is on a loop: the thread that runs it, its host's thread, and the guest whose turn it is.
///
/// Loop thread only, except where a method says "any thread".
final class Presence {

  /*
   * `thread` is set exactly while the loop runs or is in a turn. Between the turns of an attached
   * loop it is null, and any code on the host's thread is on the loop. HOSTED finds the loop then,
   * if the poller says that the host has one thread. The loop it finds may be closed, or its host
   * may have moved to another thread.
   *
   * Other threads may read `guest`, a plain field, to ask "is it me?". A stale value is a guest
   * other than the reader, or the reader itself, which continued after a blocking call. So where
   * guests may do that, which `strict` says, the answer is yes only after rejoin().
   */

  private static final ThreadLocal<@Nullable Loop> RUNNING = new ThreadLocal<>();
  private static final ThreadLocal<@Nullable Loop> HOSTED = new ThreadLocal<>();

  private final Loop loop;
  private final Poller poller;
  private final boolean attached;
  private final Rescued rescued;
  private volatile @Nullable Thread thread;
  private volatile @Nullable Thread latest; // the thread of an attached loop's last turn
  private @Nullable Thread hostThread; // the host's, for the check that every call makes
  private @Nullable Guest guest;
  private boolean strict;

  Presence(Loop loop, Poller poller, boolean attached, Rescued rescued) {
    this.loop = loop;
    this.poller = poller;
    this.attached = attached;
    this.rescued = rescued;
  }

  /// {@return the loop that the caller runs on, or null if there is none} Any thread.
  static @Nullable Loop loopHere() {
    if (!Thread.currentThread().isVirtual()) {
      Loop running = RUNNING.get();
      return running != null ? running : hosted();
    }
    if (!(Coroutine.currentOwner() instanceof Guest here)) {
      return null;
    }
    Loop owner = here.loop();
    if (owner.presence().strict) {
      here.rejoin();
    }
    return owner;
  }

  private static @Nullable Loop hosted() {
    Loop adopted = HOSTED.get();
    return adopted != null && !adopted.isClosed() && adopted.presence().poller.isHostThread()
        ? adopted
        : null;
  }

  /// See [PolledLoop#adoptThread].
  void adoptThread() {
    if (HOSTED.get() != loop && !loop.isClosed()) {
      HOSTED.set(loop);
    }
  }

  /// Undoes [#adoptThread], when the loop closes.
  void releaseThread() {
    if (HOSTED.get() == loop) {
      HOSTED.remove();
    }
  }

  /// The calling thread begins to run the loop.
  void begin() {
    thread = Thread.currentThread();
    RUNNING.set(loop);
  }

  /// Ends what [#begin] began.
  void end() {
    thread = null;
    RUNNING.remove();
  }

  /// The calling thread begins a turn of an attached loop, possibly inside that of another one.
  ///
  /// @return the outer loop, to pass to [#endTurn]
  @Nullable Loop beginTurn() {
    Loop outer = RUNNING.get();
    Thread caller = Thread.currentThread();
    thread = caller;
    if (latest != caller) {
      latest = caller;
    }
    RUNNING.set(loop);
    return outer;
  }

  void endTurn(@Nullable Loop outer) {
    thread = null;
    RUNNING.set(outer);
  }

  void setHostThread(Thread host) {
    hostThread = host;
  }

  /// {@return whether no thread runs the loop or a turn of it} Any thread.
  boolean isVacant() {
    return thread == null;
  }

  /// {@return the holder of the current context of the loop that the caller runs on, or null if
  /// there is none} Any thread. Between turns, the host of an attached loop is not on it.
  static @Nullable CurrentContext contextHere() {
    Loop here = loopHere();
    return here == null || here.presence().isBetweenTurnsHere() ? null : here.currentContext();
  }

  private boolean isBetweenTurnsHere() {
    return attached && thread == null && !Thread.currentThread().isVirtual();
  }

  /// See [Loop#isOnLoop].
  boolean isHere() {
    Thread caller = Thread.currentThread();
    Thread runner = thread;
    if (runner == caller || hostThread == caller) {
      return true;
    }
    Guest here = guest;
    if (here == null || !here.isCurrentThread()) {
      return attached && runner == null && poller.isHostThread();
    }
    if (strict) {
      here.rejoin();
    }
    return true;
  }

  /// {@return whether the caller has its turn, for certain and without waiting for it} Any thread;
  /// false if this needs a closer look, with [#isHere].
  boolean isPlainlyHere() {
    Thread caller = Thread.currentThread();
    if ((thread == caller && !attached) || hostThread == caller) {
      return true;
    }
    Guest here = guest;
    return here != null && here.isCurrentThread() && !strict;
  }

  /// See [Loop#checkTurn].
  ///
  /// @param debug whether the loop is in debug mode
  void check(boolean debug) {
    if ((strict || debug) && loop.isRunning() && !isHere() && loopHere() != loop) {
      throw WrongThread.refusal();
    }
  }

  /// See [Loop#checkTurnToRead].
  ///
  /// @param debug whether the loop is in debug mode
  void checkToRead(boolean debug) {
    if (Coroutine.mayGoAstray()) {
      Loop _ = loopHere(); // a guest waits for its turn
    }
    if (debug) {
      check(true);
    }
  }

  /// See [EnteredLoop#enter].
  @Nullable Guest enter(@Nullable Guest entering) {
    Guest before = guest;
    guest = entering;
    return before;
  }

  /// See [EnteredLoop#requireTurns].
  void requireTurns() {
    strict = true;
  }

  /// See [EnteredLoop#beginRescue]. Any thread.
  void beginRescue() {
    strict = true;
    rescued.begin();
  }

  /// See [EnteredLoop#endRescue]. Any thread.
  void endRescue() {
    rescued.end();
  }

  /// {@return the thread that should run the loop, if it is in a blocking call other than its poll}
  /// Any thread; the answer may be out of date.
  @Nullable Thread heldUpThread() {
    return rescued.isAwaited() ? null : blockedThread();
  }

  /// See [EnteredLoop#isHeldUp].
  boolean isHeldUp() {
    return (!rescued.isAwaited() || rescued.isStuck()) && blockedThread() != null;
  }

  private @Nullable Thread blockedThread() {
    Thread owner = attached ? latest : thread;
    return owner != null && !loop.turn().isWaiting() && Rescued.isHeldUp(owner) ? owner : null;
  }
}
