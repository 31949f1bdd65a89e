package io.loop.coroutine;

import io.loop.coroutine.Coroutine.Owner;
import java.util.ArrayDeque;

/// Creates the coroutines of one owner, and reuses their threads.
///
/// Creating, starting and ending a virtual thread costs more than all steps of a short body. So a
/// body that has ended leaves its suspended thread to the next one, unless it has left something on
/// the thread that the next one could see. Owner's thread only.
///
/// Two things cannot be detected. If a body does not unlock a lock, the next body on its thread
/// holds it too. An interrupt after the end of a body reaches the next one. If the system property
/// `io.loop.threadReuse` is `false`, each body gets its own thread.
public final class CoroutinePool implements AutoCloseable {

  /*
   * Last in, first out, because the last stack is still in the processor's cache. The JVM keeps
   * every started thread in a list, so unused threads must be ended.
   */

  private static final int MOST_IDLE = 256;
  private static final String WISH = System.getProperty("io.loop.threadReuse", "true");

  private final ArrayDeque<LoopCarrier> idle = new ArrayDeque<>();
  private final boolean usesThreadsAgain;
  private boolean closed;

  /// Creates a pool without threads.
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

  /// {@return a coroutine that has not started}
  ///
  /// Which of the two carriers it runs on is decided once per JVM: see [Coroutine#isPortable]. The
  /// portable one does not reuse threads. A coroutine that is done must not be used any more.
  ///
  /// @param owner its owner
  /// @param name the name of its thread; empty for none
  /// @throws IllegalArgumentException if the system property is not the name of a carrier
  /// @throws IllegalStateException if it selects a carrier that this JVM does not support
  public Coroutine create(Owner owner, String name) {
    Carriers.requireWishGranted();
    return Carriers.PORTABLE ? new PortableCarrier(owner, name) : createOnLoop(owner, name);
  }

  LoopCarrier createOnLoop(Owner owner, String name) {
    LoopCarrier again = idle.pollLast();
    if (again == null) {
      return new LoopCarrier(owner, name, usesThreadsAgain ? this : null);
    }
    again.begin(owner, name);
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

  /// Ends the threads without a body. Threads whose body ends later end on their own.
  @Override
  public void close() {
    closed = true;
    idle.forEach(LoopCarrier::end);
    idle.clear();
  }
}
