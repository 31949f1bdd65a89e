package io.loop.process;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Starts child processes.
///
/// Source: `asyncio.create_subprocess_exec` and `asyncio.create_subprocess_shell`, Python 3.15.
public final class Subprocesses {

  private static final boolean WINDOWS = File.separatorChar == '\\';

  private Subprocesses() {}

  /// Starts a program with all streams inherited; see [#createSubprocessExec(SubprocessOptions,
  /// String, String...)].
  ///
  /// @param program its name or path
  /// @param args its arguments
  /// @return the running child
  /// @throws IOException if there is no such program, or it cannot be started
  public static Subprocess createSubprocessExec(String program, String... args) throws IOException {
    return createSubprocessExec(SubprocessOptions.DEFAULT, program, args);
  }

  /// Starts a program. Coroutine only; suspends. If the caller is cancelled, the child is killed.
  ///
  /// A name without a slash is looked up in the `PATH` of the child's environment if the options
  /// set one, otherwise in that of this process.
  ///
  /// Source: `asyncio.create_subprocess_exec`.
  ///
  /// @param options its streams, environment and working directory
  /// @param program its name or path
  /// @param args its arguments
  /// @return the running child
  /// @throws IOException if there is no such program, or it cannot be started
  public static Subprocess createSubprocessExec(
      SubprocessOptions options, String program, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(args));
    return start(options, command);
  }

  /// Starts a shell command with all streams inherited; see
  /// [#createSubprocessShell(SubprocessOptions, String)].
  ///
  /// @param command the command
  /// @return the running shell
  /// @throws IOException if the shell cannot be started
  public static Subprocess createSubprocessShell(String command) throws IOException {
    return createSubprocessShell(SubprocessOptions.DEFAULT, command);
  }

  /// Starts a shell command. Coroutine only; suspends. If the caller is cancelled, the shell is
  /// killed.
  ///
  /// The shell is `/bin/sh`, on Windows `cmd.exe`. The caller is responsible for quoting: never put
  /// untrusted text into a command.
  ///
  /// Source: `asyncio.create_subprocess_shell`.
  ///
  /// @param options its streams, environment and working directory
  /// @param command the command
  /// @return the running shell
  /// @throws IOException if the shell cannot be started
  public static Subprocess createSubprocessShell(SubprocessOptions options, String command)
      throws IOException {
    return start(
        options, WINDOWS ? List.of("cmd.exe", "/c", command) : List.of("/bin/sh", "-c", command));
  }

  private static Subprocess start(SubprocessOptions options, List<String> command)
      throws IOException {
    Loop loop = Loop.running();
    var launch = new Launch(options, command);
    try {
      Launch.Child child =
          Tasks.runInExecutor(loop, Pipes.THREADS, launch::start).await(IOException.class);
      return Tasks.onLoopThread(() -> new Subprocess(loop, child, options).started());
    } catch (CancelledError cancelled) {
      launch.cancel();
      throw cancelled;
    }
  }
}
