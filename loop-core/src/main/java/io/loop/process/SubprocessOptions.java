package io.loop.process;

import io.loop.stream.StreamReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a child process is started.
///
/// @param stdin where it reads
/// @param stdout where it writes
/// @param stderr where it writes errors
/// @param env all of its environment; null for this process's own
/// @param cwd where it runs; null for where this process runs
/// @param limit the limit of the readers, in bytes
/// @param newSession whether it has a session of its own, and so a process group: see
///   [#withNewSession]
public record SubprocessOptions(
    Stdio stdin,
    Stdio stdout,
    Stdio stderr,
    @Nullable Map<String, String> env,
    @Nullable Path cwd,
    int limit,
    boolean newSession) {

  /// All streams inherited, as the environment and the directory are; a limit of 64 KiB.
  public static final SubprocessOptions DEFAULT =
      new SubprocessOptions(
          Stdio.INHERIT,
          Stdio.INHERIT,
          Stdio.INHERIT,
          null,
          null,
          StreamReader.DEFAULT_LIMIT,
          false);

  /// All three streams as pipes, the rest as in [#DEFAULT].
  public static final SubprocessOptions PIPES =
      DEFAULT.withStdin(Stdio.PIPE).withStdout(Stdio.PIPE).withStderr(Stdio.PIPE);

  /// Copies the environment.
  ///
  /// @throws IllegalArgumentException if another stream than standard error goes to [Stdio#STDOUT],
  ///   or the limit is below 1
  public SubprocessOptions {
    if (stdin == Stdio.STDOUT || stdout == Stdio.STDOUT) {
      throw new IllegalArgumentException("only standard error can go to STDOUT");
    }
    Objects.requireNonNull(stdin, "stdin");
    Objects.requireNonNull(stdout, "stdout");
    Objects.requireNonNull(stderr, "stderr");
    if (limit < 1) {
      throw new IllegalArgumentException("limit should be 1 or more, got " + limit);
    }
    env = env == null ? null : Map.copyOf(env);
  }

  /// {@return these options with another standard input}
  ///
  /// @param from where the child reads
  public SubprocessOptions withStdin(Stdio from) {
    return new SubprocessOptions(from, stdout, stderr, env, cwd, limit, newSession);
  }

  /// {@return these options with another standard output}
  ///
  /// @param to where the child writes
  public SubprocessOptions withStdout(Stdio to) {
    return new SubprocessOptions(stdin, to, stderr, env, cwd, limit, newSession);
  }

  /// {@return these options with another standard error}
  ///
  /// @param to where the child writes errors
  public SubprocessOptions withStderr(Stdio to) {
    return new SubprocessOptions(stdin, stdout, to, env, cwd, limit, newSession);
  }

  /// {@return these options with an environment in place of this process's own}
  ///
  /// A program is looked up in the `PATH` among them; without one, in `/bin` and `/usr/bin`.
  ///
  /// @param variables all of them
  public SubprocessOptions withEnv(Map<String, String> variables) {
    return new SubprocessOptions(stdin, stdout, stderr, variables, cwd, limit, newSession);
  }

  /// {@return these options with another working directory}
  ///
  /// @param directory where the child runs
  public SubprocessOptions withCwd(Path directory) {
    return new SubprocessOptions(stdin, stdout, stderr, env, directory, limit, newSession);
  }

  /// {@return these options with another limit}
  ///
  /// @param bytes the limit of the readers
  public SubprocessOptions withLimit(int bytes) {
    return new SubprocessOptions(stdin, stdout, stderr, env, cwd, bytes, newSession);
  }

  /// {@return these options, and a session of its own for the child}
  ///
  /// The child then leads a process group, to which everything belongs that it starts, unless it
  /// leaves the group. [Subprocess#sendSignalToGroup] reaches all of them, and closing the child
  /// kills them with it. A signal from the terminal, such as that of Ctrl-C, does not reach them.
  ///
  /// This takes the program `setsid`, which Linux has; without it starting the child is an
  /// [java.io.IOException], on Windows an [UnsupportedOperationException].
  ///
  /// Source: `start_new_session=True`.
  public SubprocessOptions withNewSession() {
    return new SubprocessOptions(stdin, stdout, stderr, env, cwd, limit, true);
  }
}
