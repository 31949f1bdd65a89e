package io.loop.coroutine;

import io.loop.coroutine.Coroutine.Owner;
import java.util.ArrayDeque;

/// Makes the coroutines of one owner, and uses their threads again.
///
/// Making, starting and ending a virtual thread costs more than all its body's steps where the body
/// is short. So a body that has ended leaves its thread, suspended, to the next one, unless it has
/// left something on it that the next one could find. Owner's thread only.
///
/// Two things cannot be seen: a lock that a body has left locked lets the next body on its thread
/// in, and an interrupt that comes after the end of a body hits the next. With the system property
/// `io.loop.threadReuse` set to `false` each body has a thread of its own.
public final class CoroutinePool implements AutoCloseable {

  /*
   * The last that came is the first to go: its stack is still in the processor's cache. The JVM
   * keeps every thread that has started in a list, so those that are left must be ended.
   */

  private static final int MOST_IDLE = 256;
  private static final String WISH = System.getProperty("io.loop.threadReuse", "true");

  private final ArrayDeque<LoopCarrier> idle = new ArrayDeque<>();
  private final boolean usesThreadsAgain;
  private boolean closed;

  /// Makes a pool without threads.
  ///
  /// @throws IllegalArgumentException if the system property is neither `true` nor `false`
  public CoroutinePool() {
    this(WISH);
  }

  CoroutinePool(String wish) {
    if (!wish.equals("true") && !wish.equals("false")) {
      throw new IllegalArgumentException(
          "io.loop.threadReuse must be true or false, not '" + wish + "'");
    }
    usesThreadsAgain = wish.equals("true");
  }

  /// {@return a coroutine that has not begun}
  ///
  /// Which of the two carriers it runs on is decided once per JVM: see [Coroutine#isPortable]. The
  /// portable one uses no thread twice. When it is done it must not be used any more.
  ///
  /// @param body what to run; must not throw
  /// @param owner its owner
  /// @param name the name of its thread; empty for none
  /// @throws IllegalArgumentException if the system property names no carrier
  /// @throws IllegalStateException if it asks for one that this JVM cannot have
  public Coroutine create(Runnable body, Owner owner, String name) {
    Carriers.requireWishGranted();
    return Carriers.PORTABLE
        ? new PortableCarrier(body, owner, name)
        : createOnLoop(body, owner, name);
  }

  LoopCarrier createOnLoop(Runnable body, Owner owner, String name) {
    LoopCarrier again = idle.pollLast();
    if (again == null) {
      return new LoopCarrier(body, owner, name, usesThreadsAgain ? this : null);
    }
    again.begin(body, owner, name);
    return again;
  }

  boolean hasRoom() {
    return !closed && idle.size() < MOST_IDLE;
  }

  void add(LoopCarrier ended) {
    if (hasRoom()) {
      idle.addLast(ended);
    } else {
      ended.end();
    }
  }

  /// Ends the threads that have no body. Those that come later end by themselves.
  @Override
  public void close() {
    closed = true;
    idle.forEach(LoopCarrier::end);
    idle.clear();
  }
}
