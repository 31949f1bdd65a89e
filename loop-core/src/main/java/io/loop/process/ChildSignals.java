package io.loop.process;

import java.io.IOException;

/// Sends signals to children and to their groups. Never waits.
final class ChildSignals {

  /*
   * kill(2) where it can be called. Else SIGTERM and SIGKILL go through the JDK's process handle, and
   * all else through a shell, which every Unix has: such a signal arrives some milliseconds later
   * than the call, and nobody learns whether it did.
   *
   * A process that has ended may have left its id to another. So the JDK is asked first, which waits
   * for the children and knows. An id that a group still has is given to no process.
   *
   * `Process.destroy` is not used: it would close the JDK's pipes, too, and what the child has
   * written would be lost.
   */

  static final int TERM = 15;
  static final int KILL = 9;

  private ChildSignals() {}

  /// Sends a signal to a child.
  ///
  /// @throws NoSuchProcessException if it has ended
  /// @throws IOException if it cannot be sent
  static void send(Process child, int signal) throws IOException {
    if (!child.isAlive()) {
      throw new NoSuchProcessException("child " + child.pid() + " has ended");
    }
    if (Posix.canSignal()) {
      kill(child.pid(), signal, "process " + child.pid());
    } else if (signal == TERM || signal == KILL) {
      destroy(child, signal);
    } else {
      sendThroughTheShell(child.pid(), signal);
    }
  }

  private static void destroy(Process child, int signal) throws IOException {
    ProcessHandle handle = child.toHandle();
    boolean sent = signal == KILL ? handle.destroyForcibly() : handle.destroy();
    if (!sent && child.isAlive()) {
      throw new IOException("cannot send signal " + signal + " to process " + child.pid());
    }
  }

  /// Sends a signal to a process group.
  ///
  /// @param group its id
  /// @throws NoSuchProcessException if it has no process
  /// @throws IOException if it cannot be sent
  static void sendToGroup(long group, int signal) throws IOException {
    if (Posix.canSignal()) {
      kill(-group, signal, "process group " + group);
    } else {
      sendThroughTheShell(-group, signal);
    }
  }

  /// Kills a child if it lives, and what it has started if it has a group of its own.
  static void end(Process child, boolean hasGroup) {
    if (hasGroup && child.isAlive()) {
      try {
        sendToGroup(child.pid(), KILL);
      } catch (IOException tooEarly) {
        // it is not in its group yet, so it has started nothing
      }
    }
    child.toHandle().destroyForcibly();
  }

  private static void kill(long target, int signal, String name) throws IOException {
    int result = Posix.kill(Math.toIntExact(target), signal);
    if (result < 0) {
      throw Posix.failure("cannot send signal " + signal + " to " + name, result);
    }
  }

  private static void sendThroughTheShell(long target, int signal) throws IOException {
    var command = new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + target);
    command.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    command.redirectError(ProcessBuilder.Redirect.DISCARD);
    command.start();
  }
}
