package io.loop.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// This side's end of a pipe to a child. One thread uses it, and other threads can wake that
/// thread.
final class PipeEnd implements AutoCloseable {

  /*
   * The descriptor does not block. The thread waits in poll(2), for it and for a second descriptor,
   * the bell. A pipe ends for its reader when no process has the other end any more, but a
   * grandchild may keep it forever. The bell lets the thread leave nevertheless.
   *
   *   thread                        other
   *   awaitEvent(): bell rings           ring(), or leave(): the bell is not silenced any more
   *
   * Only the thread touches `memory`. Ringing and closing exclude each other: the number of a
   * closed descriptor may soon be reused.
   */

  private static final int BLOCK = 65_536;

  private final int descriptor;
  private final int bell;
  private @Nullable Memory memory;
  private volatile boolean left;
  private boolean closed;

  private record Memory(Arena arena, MemorySegment block, MemorySegment poll, MemorySegment count) {
    @SuppressWarnings("MustBeClosedChecker") // close() of the end does
    static Memory allocate() {
      Arena arena = Arena.ofConfined();
      MemorySegment poll = arena.allocate(2L * Posix.POLL_BYTES, Integer.BYTES);
      return new Memory(arena, arena.allocate(BLOCK), poll, arena.allocate(Long.BYTES, Long.BYTES));
    }
  }

  /// Takes ownership of a descriptor.
  ///
  /// @throws IOException if no file descriptors are left; the caller still owns the given one then
  PipeEnd(int descriptor) throws IOException {
    this.descriptor = descriptor;
    this.bell = Posix.eventDescriptor();
    if (bell < 0) {
      throw Posix.failure("cannot watch a pipe", bell);
    }
  }

  private Memory memory() {
    Memory made = memory;
    if (made == null) {
      made = Memory.allocate();
      memory = made;
    }
    return made;
  }

  /// Reads the available bytes, and waits if there are none; on the thread.
  ///
  /// @return how many bytes were read; -1 at the end, or if another thread has called [#leave]
  int read(byte[] into, int offset, int length) throws IOException {
    MemorySegment block = memory().block().asSlice(0, Math.min(length, BLOCK));
    while (!left) {
      int count = Posix.read(descriptor, block);
      if (count >= 0) {
        MemorySegment.copy(block, ValueLayout.JAVA_BYTE, 0, into, offset, count);
        return count == 0 ? -1 : count;
      }
      if (count == -Posix.EAGAIN) {
        awaitEvent(Posix.POLLIN);
      } else if (count != -Posix.EINTR) {
        throw Posix.failure("cannot read a child's output", count);
      }
    }
    return -1;
  }

  /// Writes all bytes, unless another thread calls [#leave]; on the thread.
  ///
  /// @throws IOException if no process can read them any more
  void write(byte[] from, int offset, int length) throws IOException {
    MemorySegment block = memory().block();
    for (int at = offset; at < offset + length && !left; ) {
      int size = Math.min(offset + length - at, BLOCK);
      MemorySegment.copy(from, at, block, ValueLayout.JAVA_BYTE, 0, size);
      int count = Posix.write(descriptor, block.asSlice(0, size));
      if (count >= 0) {
        at += count;
      } else if (count == -Posix.EAGAIN) {
        awaitEvent(Posix.POLLOUT);
      } else if (count != -Posix.EINTR) {
        throw Posix.failure("cannot write to a child's input", count);
      }
    }
  }

  /// Waits until another thread calls [#call], or no process has the other end of the pipe any
  /// more; on the thread.
  ///
  /// @return whether no process has it
  boolean awaitCall() throws IOException {
    return awaitEvent((short) 0) != 0;
  }

  private int awaitEvent(short events) throws IOException {
    Memory at = memory();
    Posix.setPoll(at.poll(), 0, descriptor, events);
    Posix.setPoll(at.poll(), 1, bell, Posix.POLLIN);
    int count = Posix.poll(at.poll());
    if (count == -Posix.EINTR) {
      return 0;
    }
    if (count < 0) {
      throw Posix.failure("cannot wait for a child's pipe", count);
    }
    if (Posix.polled(at.poll(), 1) != 0 && !left) {
      int _ = Posix.read(bell, at.count()); // silences it; there is something to read
    }
    return Posix.polled(at.poll(), 0);
  }

  /// Ends one wait of the thread; any thread.
  synchronized void call() {
    if (!closed) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment one = arena.allocate(Long.BYTES, Long.BYTES);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        int _ = Posix.write(bell, one); // fails only if it is already ringing
      }
    }
  }

  /// Ends all waits of the thread, now and later; any thread.
  void leave() {
    left = true;
    call();
  }

  /// Closes the end; on the thread, or on any thread before that one has used it.
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      Posix.close(descriptor);
      Posix.close(bell);
    }
    if (memory != null) {
      memory.arena().close();
    }
  }
}
