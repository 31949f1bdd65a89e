package io.loop.process;

import io.loop.stream.StreamReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a child process is started.
///
/// @param stdin the source of its standard input
/// @param stdout the target of its standard output
/// @param stderr the target of its standard error
/// @param env its complete environment; null to inherit that of this process
/// @param cwd its working directory; null to inherit that of this process
/// @param limit the buffer limit of the readers, in bytes
/// @param newSession whether it gets its own session, and with it a process group: see
///   [#withNewSession]
public record SubprocessOptions(
    Stdio stdin,
    Stdio stdout,
    Stdio stderr,
    @Nullable Map<String, String> env,
    @Nullable Path cwd,
    int limit,
    boolean newSession) {

  /// All streams, the environment and the working directory are inherited; a limit of 64 KiB.
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
  /// @throws IllegalArgumentException if a stream other than standard error is [Stdio#STDOUT], or
  ///   the limit is below 1
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
  /// @param from the source
  public SubprocessOptions withStdin(Stdio from) {
    return new SubprocessOptions(from, stdout, stderr, env, cwd, limit, newSession);
  }

  /// {@return these options with another standard output}
  ///
  /// @param to the target
  public SubprocessOptions withStdout(Stdio to) {
    return new SubprocessOptions(stdin, to, stderr, env, cwd, limit, newSession);
  }

  /// {@return these options with another standard error}
  ///
  /// @param to the target
  public SubprocessOptions withStderr(Stdio to) {
    return new SubprocessOptions(stdin, stdout, to, env, cwd, limit, newSession);
  }

  /// {@return these options with an environment that replaces the inherited one}
  ///
  /// The program is looked up in the `PATH` of this environment; without one, in `/bin` and
  /// `/usr/bin`.
  ///
  /// @param variables the complete environment
  public SubprocessOptions withEnv(Map<String, String> variables) {
    return new SubprocessOptions(stdin, stdout, stderr, variables, cwd, limit, newSession);
  }

  /// {@return these options with another working directory}
  ///
  /// @param directory the working directory
  public SubprocessOptions withCwd(Path directory) {
    return new SubprocessOptions(stdin, stdout, stderr, env, directory, limit, newSession);
  }

  /// {@return these options with another limit}
  ///
  /// @param bytes the buffer limit of the readers
  public SubprocessOptions withLimit(int bytes) {
    return new SubprocessOptions(stdin, stdout, stderr, env, cwd, bytes, newSession);
  }

  /// {@return these options with a separate session for the child}
  ///
  /// The child then leads a process group. Processes that it starts belong to the group, unless
  /// they leave it. [Subprocess#sendSignalToGroup] reaches all of them, and closing the child kills
  /// them too. A signal from the terminal, such as that of Ctrl-C, does not reach them.
  ///
  /// This needs the program `setsid`, which Linux has. Without it, starting the child throws an
  /// [java.io.IOException]; on Windows it throws an [UnsupportedOperationException].
  ///
  /// Source: `start_new_session=True`.
  public SubprocessOptions withNewSession() {
    return new SubprocessOptions(stdin, stdout, stderr, env, cwd, limit, true);
  }
}
