package io.loop.process;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Starts child processes.
///
/// Source: `asyncio.create_subprocess_exec` and `asyncio.create_subprocess_shell`, Python 3.15.
public final class Subprocesses {

  private static final boolean WINDOWS = File.separatorChar == '\\';

  private Subprocesses() {}

  /// Starts a program with all streams inherited; as [#createSubprocessExec(SubprocessOptions,
  /// String, String...)].
  ///
  /// @param program its name or path
  /// @param args its arguments
  /// @return the child, running
  /// @throws IOException if there is no such program, or it cannot be started
  public static Subprocess createSubprocessExec(String program, String... args) throws IOException {
    return createSubprocessExec(SubprocessOptions.DEFAULT, program, args);
  }

  /// Starts a program. Coroutine only; suspends. If the caller is cancelled the child is killed.
  ///
  /// Source: `asyncio.create_subprocess_exec`.
  ///
  /// @param options where its streams go, and where it runs
  /// @param program its name or path
  /// @param args its arguments
  /// @return the child, running
  /// @throws IOException if there is no such program, or it cannot be started
  public static Subprocess createSubprocessExec(
      SubprocessOptions options, String program, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(args));
    return start(options, command);
  }

  /// Starts a shell command with all streams inherited; as
  /// [#createSubprocessShell(SubprocessOptions, String)].
  ///
  /// @param command what the shell runs
  /// @return the shell, running
  /// @throws IOException if the shell cannot be started
  public static Subprocess createSubprocessShell(String command) throws IOException {
    return createSubprocessShell(SubprocessOptions.DEFAULT, command);
  }

  /// Starts a shell command. Coroutine only; suspends. If the caller is cancelled the shell is
  /// killed.
  ///
  /// The shell is `/bin/sh`, on Windows `cmd.exe`. Quoting is the caller's business: never put into
  /// a command what somebody else has written.
  ///
  /// Source: `asyncio.create_subprocess_shell`.
  ///
  /// @param options where its streams go, and where it runs
  /// @param command what the shell runs
  /// @return the shell, running
  /// @throws IOException if the shell cannot be started
  public static Subprocess createSubprocessShell(SubprocessOptions options, String command)
      throws IOException {
    return start(
        options, WINDOWS ? List.of("cmd.exe", "/c", command) : List.of("/bin/sh", "-c", command));
  }

  private static Subprocess start(SubprocessOptions options, List<String> command)
      throws IOException {
    Loop loop = Loop.running();
    var launch = new Launch(builderOf(options, command));
    try {
      Process process =
          Tasks.runInExecutor(loop, Pipes.THREADS, launch::start).await(IOException.class);
      return Tasks.onLoopThread(() -> new Subprocess(loop, process, options).started());
    } catch (CancelledError cancelled) {
      launch.cancel();
      throw cancelled;
    }
  }

  /// Starting takes a while, so a thread does it. Whoever comes second, that thread with a child or
  /// the caller with a cancellation, kills it.
  private static final class Launch {
    private final ProcessBuilder builder;
    private @Nullable Process child;
    private boolean cancelled;

    Launch(ProcessBuilder builder) {
      this.builder = builder;
    }

    Process start() throws IOException {
      Process started = builder.start();
      keepOrKill(started);
      return started;
    }

    private synchronized void keepOrKill(Process started) {
      child = started;
      if (cancelled) {
        started.toHandle().destroyForcibly();
      }
    }

    synchronized void cancel() {
      cancelled = true;
      if (child != null) {
        child.toHandle().destroyForcibly();
      }
    }
  }

  private static ProcessBuilder builderOf(SubprocessOptions options, List<String> command) {
    var builder = new ProcessBuilder(command);
    builder.redirectInput(
        switch (options.stdin()) {
          case PIPE -> ProcessBuilder.Redirect.PIPE;
          case DEVNULL -> ProcessBuilder.Redirect.from(new File(WINDOWS ? "NUL" : "/dev/null"));
          default -> ProcessBuilder.Redirect.INHERIT;
        });
    builder.redirectOutput(outputTo(options.stdout()));
    builder.redirectErrorStream(options.stderr() == Stdio.STDOUT);
    builder.redirectError(outputTo(options.stderr()));
    if (options.cwd() != null) {
      builder.directory(options.cwd().toFile());
    }
    if (options.env() != null) {
      builder.environment().clear();
      builder.environment().putAll(options.env());
    }
    return builder;
  }

  private static ProcessBuilder.Redirect outputTo(Stdio target) {
    return switch (target) {
      case PIPE, STDOUT -> ProcessBuilder.Redirect.PIPE;
      case DEVNULL -> ProcessBuilder.Redirect.DISCARD;
      case INHERIT -> ProcessBuilder.Redirect.INHERIT;
    };
  }
}
