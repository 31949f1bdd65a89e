package io.loop.process;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The start of one child. It takes a while, so it runs on a separate thread.
final class Launch {

  /*
   * The thread delivers a child, the caller may be cancelled. Whichever happens second kills the
   * child.
   */

  private static final boolean WINDOWS = File.separatorChar == '\\';
  private static final long LOOK_NANOS = 200_000;

  /// A child that has been started, and this side's ends of its pipes.
  record Child(
      Process process,
      @Nullable OutputStream stdin,
      @Nullable InputStream stdout,
      @Nullable InputStream stderr) {}

  private final SubprocessOptions options;
  private final List<String> command;
  private @Nullable Process process;
  private @Nullable OwnPipes pipes;
  private boolean cancelled;

  Launch(SubprocessOptions options, List<String> command) {
    this.options = options;
    this.command = command;
  }

  /// May block.
  Child start() throws IOException {
    ProcessBuilder builder = builderOf(options, Programs.find(options, command));
    OwnPipes own = Posix.canPipe() ? OwnPipes.open(options, builder) : null;
    Process started = start(builder, own);
    keepOrKill(started, own);
    if (options.newSession()) {
      awaitGroup(started);
    }
    if (own != null) {
      return new Child(started, own.stdin(), own.stdout(), own.stderr());
    }
    return new Child(
        started,
        options.stdin() == Stdio.PIPE ? started.getOutputStream() : null,
        options.stdout() == Stdio.PIPE ? started.getInputStream() : null,
        options.stderr() == Stdio.PIPE ? started.getErrorStream() : null);
  }

  private static Process start(ProcessBuilder builder, @Nullable OwnPipes own) throws IOException {
    Process started = null;
    try {
      started = builder.start();
      return started;
    } finally {
      if (own != null) {
        own.closeChilds();
        if (started == null) {
          own.close();
        }
      }
    }
  }

  private synchronized void keepOrKill(Process started, @Nullable OwnPipes own) {
    process = started;
    pipes = own;
    if (cancelled) {
      end();
    }
  }

  synchronized void cancel() {
    cancelled = true;
    end();
  }

  private void end() {
    if (process != null) {
      ChildSignals.end(process, options.newSession());
    }
    if (pipes != null) {
      pipes.close();
    }
  }

  /// Waits until the child is in its own group, so that signals to the group reach it.
  private static void awaitGroup(Process started) {
    while (started.isAlive() && !Programs.isLeader(started.pid())) {
      LockSupport.parkNanos(LOOK_NANOS);
      boolean _ = Thread.interrupted(); // the thread is internal, so an interrupt has no meaning
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
