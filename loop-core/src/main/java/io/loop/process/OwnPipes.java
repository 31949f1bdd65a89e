package io.loop.process;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pipes to a child that this library creates instead of the JDK. For the thread that starts the
/// child.
final class OwnPipes {

  /*
   * When the child ends, the JDK drains its pipes and closes them, although a grandchild may still
   * write. A thread that blocks in such a pipe cannot be released. But the JDK can connect a child
   * to a file, and on Linux the end of a pipe has a path. Opened through that path, the child's end
   * blocks, as programs expect, while this side's end does not.
   *
   * `childs` are the ends for the child. They are closed here once the child has them, because
   * output ends only when no process can write to it any more.
   */

  private final List<Integer> childs = new ArrayList<>(3);
  private final List<PipeEnd> ours = new ArrayList<>(3);
  private @Nullable OwnOutput stdin;
  private @Nullable OwnInput stdout;
  private @Nullable OwnInput stderr;

  /// Creates the pipes that the options ask for, and passes the other ends to the child.
  ///
  /// @throws IOException if no file descriptors are left
  static OwnPipes open(SubprocessOptions options, ProcessBuilder builder) throws IOException {
    var pipes = new OwnPipes();
    try {
      if (options.stdin() == Stdio.PIPE) {
        builder.redirectInput(Redirect.from(pipes.open(1)));
        pipes.stdin = new OwnOutput(pipes.ours.getLast());
      }
      if (options.stdout() == Stdio.PIPE) {
        builder.redirectOutput(Redirect.to(pipes.open(0)));
        pipes.stdout = new OwnInput(pipes.ours.getLast());
      }
      if (options.stderr() == Stdio.PIPE) {
        builder.redirectError(Redirect.to(pipes.open(0)));
        pipes.stderr = new OwnInput(pipes.ours.getLast());
      }
      return pipes;
    } catch (IOException fault) {
      pipes.closeChilds();
      pipes.close();
      throw fault;
    }
  }

  private OwnPipes() {}

  /// Creates a pipe.
  ///
  /// @param ourIndex this side's end: 0 reads, 1 writes
  /// @return the path of the other end
  private File open(int ourIndex) throws IOException {
    int[] ends = new int[2];
    int result = Posix.pipe(ends);
    if (result < 0) {
      throw Posix.failure("cannot make a pipe for a child", result);
    }
    childs.add(ends[1 - ourIndex]);
    try {
      ours.add(new PipeEnd(ends[ourIndex]));
    } catch (IOException fault) {
      Posix.close(ends[ourIndex]);
      throw fault;
    }
    return Posix.pathOf(ends[1 - ourIndex]);
  }

  @Nullable OwnOutput stdin() {
    return stdin;
  }

  @Nullable OwnInput stdout() {
    return stdout;
  }

  @Nullable OwnInput stderr() {
    return stderr;
  }

  /// Closes the child's ends: the child has them, or will not be started.
  void closeChilds() {
    childs.forEach(Posix::close);
    childs.clear();
  }

  /// Closes this side's ends, which no thread has used yet.
  void close() {
    ours.forEach(PipeEnd::close);
  }
}
