package io.loop.process;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pipes to a child that are ours and not the JDK's. For the thread that starts the child.
final class OwnPipes {

  /*
   * The JDK drains its pipes and closes them when the child ends, though a child of the child may
   * still write, and nothing gets a thread out of them. It can also connect a child to a file, and
   * on Linux an end of a pipe has the path of one. Opened through that path the child's end blocks,
   * as programs expect, while ours does not.
   *
   * `childs` are the ends for the child. They are closed here once it has them: output ends when
   * nobody can write to it any more.
   */

  private final List<Integer> childs = new ArrayList<>(3);
  private final List<PipeEnd> ours = new ArrayList<>(3);
  private @Nullable OwnOutput stdin;
  private @Nullable OwnInput stdout;
  private @Nullable OwnInput stderr;

  /// Makes the pipes that the options ask for, and has a child get the other ends.
  ///
  /// @throws IOException if there are no more descriptors
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

  /// Makes a pipe.
  ///
  /// @param ourIndex which end is ours: 0 reads, 1 writes
  /// @return the path of the other
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

  /// Closes the ends for the child: it has them, or will not be started.
  void closeChilds() {
    childs.forEach(Posix::close);
    childs.clear();
  }

  /// Closes our ends, which no thread has used yet.
  void close() {
    ours.forEach(PipeEnd::close);
  }
}
