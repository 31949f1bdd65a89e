package io.loop.process;

import java.io.IOException;

/// Sends signals to child processes and to their groups. Never waits.
final class ChildSignals {

  /*
   * kill(2) is used if it can be called. Otherwise SIGTERM and SIGKILL go through the JDK's process
   * handle, and other signals through a shell, which every Unix has. Such a signal arrives some
   * milliseconds after the call, and a failure is not reported.
   *
   * The id of a process that has ended may be reused. So the JDK is asked first: it waits for the
   * children, and knows which have ended. The system does not reuse an id while a group still has
   * it.
   *
   * `Process.destroy` is not used: it would also close the JDK's pipes, and data that the child has
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

  /// Kills a child if it is alive, and the processes it has started if it has its own group.
  static void end(Process child, boolean hasGroup) {
    if (hasGroup && child.isAlive()) {
      try {
        sendToGroup(child.pid(), KILL);
      } catch (IOException tooEarly) {
        // it is not in its group yet, so it has not started any process
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
