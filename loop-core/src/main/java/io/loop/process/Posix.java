package io.loop.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// System calls that the JDK does not offer, through its foreign function API. Any thread.
///
/// Each call returns the result of the system call, or `-errno` if it failed.
final class Posix {

  /*
   * The API is used only if the JVM's flags allow it (--enable-native-access). Otherwise the JVM
   * would print a warning, and later releases will refuse. The nested classes are loaded only if it
   * is used.
   *
   * kill has the same signature and the same two error numbers on every Unix. The constants of the
   * other calls are those of Linux on the processors for which the JDK has a linker, so the
   * library's own pipes are for Linux only. They also need /proc. A first pair of pipes tests
   * whether everything works.
   */

  static final int EPERM = 1;
  static final int ESRCH = 3;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int EINVAL = 22;
  static final int EMFILE = 24;
  static final int EPIPE = 32;

  static final short POLLIN = 1;
  static final short POLLOUT = 4;

  /// How many bytes [#poll] needs for each descriptor.
  static final int POLL_BYTES = 8;

  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int NON_BLOCKING = 0x800;

  /// Whether signals can be sent. Initialized on the thread that starts the first child, because
  /// linking takes some milliseconds.
  private static final boolean CAN_SIGNAL = File.separatorChar == '/' && isAllowed() && isLinked();

  private static final class Pipes {
    static final boolean WORK =
        CAN_SIGNAL && "Linux".equals(System.getProperty("os.name")) && aPipeWorks();
  }

  private Posix() {}

  /// {@return whether [#kill] can be called}
  static boolean canSignal() {
    return CAN_SIGNAL;
  }

  /// {@return whether all calls are available, and a path such as `/proc/self/fd/7` opens an end of
  /// a pipe} May block.
  static boolean canPipe() {
    return Pipes.WORK;
  }

  /// {@return the path that opens a descriptor of this process again}
  static File pathOf(int descriptor) {
    return new File("/proc/self/fd/" + descriptor);
  }

  private static boolean isAllowed() {
    return Posix.class.getModule().isNativeAccessEnabled();
  }

  private static boolean isLinked() {
    try {
      return kill((int) ProcessHandle.current().pid(), 0) == 0;
    } catch (ExceptionInInitializerError _) {
      return false; // no linker for this platform
    }
  }

  private static boolean aPipeWorks() {
    int[] ends = new int[2];
    try {
      if (pipe(ends) < 0) {
        return false;
      }
    } catch (ExceptionInInitializerError _) {
      return false; // a C library that lacks a function
    }
    try (InputStream in = new FileInputStream(pathOf(ends[0]));
        OutputStream out = new FileOutputStream(pathOf(ends[1]))) {
      out.write(1);
      return in.read() == 1;
    } catch (IOException _) {
      return false; // no /proc
    } finally {
      close(ends[0]);
      close(ends[1]);
    }
  }

  /// Sends a signal.
  ///
  /// @param process the id of a process, or the negated id of a process group
  /// @param signal its number; 0 only checks whether it could be sent
  /// @return 0, or `-errno`
  static int kill(int process, int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      return result((int) Calls.KILL.invokeExact(state, process, signal), state);
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  /// Creates a pipe whose ends do not block, and that no child inherits.
  ///
  /// @param ends receives the read end and the write end
  /// @return 0, or `-errno`
  static int pipe(int[] ends) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      MemorySegment made = arena.allocate(JAVA_INT, 2);
      int result =
          result(
              (int) LinuxCalls.PIPE2.invokeExact(state, made, CLOSE_ON_EXEC | NON_BLOCKING), state);
      ends[0] = made.getAtIndex(JAVA_INT, 0);
      ends[1] = made.getAtIndex(JAVA_INT, 1);
      return result;
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  /// {@return a non-blocking descriptor that becomes readable once something is written to it; or
  /// `-errno`}
  static int eventDescriptor() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      return result(
          (int) LinuxCalls.EVENTFD.invokeExact(state, 0, CLOSE_ON_EXEC | NON_BLOCKING), state);
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  /// Waits, without a limit, for an event of a descriptor.
  ///
  /// @param set [#POLL_BYTES] for each descriptor: see [#setPoll] and [#polled]
  /// @return how many descriptors have events; or `-errno`
  static int poll(MemorySegment set) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      long count = set.byteSize() / POLL_BYTES;
      return result((int) LinuxCalls.POLL.invokeExact(state, set, count, -1), state);
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  /// Sets the events that [#poll] waits for; errors and hang-ups are always included.
  static void setPoll(MemorySegment set, int index, int descriptor, short events) {
    long at = (long) index * POLL_BYTES;
    set.set(JAVA_INT, at, descriptor);
    set.set(JAVA_SHORT, at + 4, events);
    set.set(JAVA_SHORT, at + 6, (short) 0);
  }

  /// {@return the events of a descriptor, 0 for none}
  static int polled(MemorySegment set, int index) {
    return set.get(JAVA_SHORT, (long) index * POLL_BYTES + 6);
  }

  /// {@return how many bytes were read, 0 at the end; or `-errno`}
  static int read(int descriptor, MemorySegment into) {
    return transfer(LinuxCalls.READ, descriptor, into);
  }

  /// {@return how many bytes were written; or `-errno`}
  static int write(int descriptor, MemorySegment from) {
    return transfer(LinuxCalls.WRITE, descriptor, from);
  }

  private static int transfer(MethodHandle call, int descriptor, MemorySegment bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      long done = (long) call.invokeExact(state, descriptor, bytes, bytes.byteSize());
      return result((int) done, state);
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  /// Closes a descriptor. Linux closes it even if the call reports an error.
  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) LinuxCalls.CLOSE.invokeExact(arena.allocate(Calls.STATE), descriptor);
    } catch (Throwable fault) {
      throw unexpected(fault);
    }
  }

  private static int result(int returned, MemorySegment state) {
    return returned < 0 ? -(int) Calls.ERRNO.get(state, 0L) : returned;
  }

  /// {@return an exception that says what failed, and why}
  ///
  /// @param what the attempted operation
  /// @param result the result of the call: `-errno`
  static IOException failure(String what, int result) {
    String reason =
        switch (-result) {
          case EPERM -> "Operation not permitted (EPERM)";
          case ESRCH -> "No such process (ESRCH)";
          case EINVAL -> "Invalid argument (EINVAL)";
          case EMFILE -> "Too many open files (EMFILE)";
          case EPIPE -> "Broken pipe (EPIPE)";
          default -> "error " + -result;
        };
    return -result == ESRCH
        ? new NoSuchProcessException(what + ": " + reason)
        : new IOException(what + ": " + reason);
  }

  private static IllegalStateException unexpected(Throwable fault) {
    if (fault instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(fault); // handles of C functions throw nothing
  }

  /// Linked by the first call.
  private static final class Calls {
    static final StructLayout STATE = Linker.Option.captureStateLayout();
    static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    static final MethodHandle KILL = function("kill", JAVA_INT, JAVA_INT, JAVA_INT);

    @SuppressWarnings("restricted") // isAllowed() has asked
    static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(name),
          FunctionDescriptor.of(result, parameters),
          Linker.Option.captureCallState("errno"));
    }
  }

  private static final class LinuxCalls {
    static final MethodHandle PIPE2 = Calls.function("pipe2", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle EVENTFD = Calls.function("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle POLL = Calls.function("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle READ =
        Calls.function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle WRITE =
        Calls.function("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle CLOSE = Calls.function("close", JAVA_INT, JAVA_INT);
  }
}
