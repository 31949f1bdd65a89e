package io.loop.process;

import io.loop.event.Loop;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A child process.
///
/// Loop thread and coroutines of the loop only. Closing it kills the child if it lives, and so does
/// closing the loop. Nobody need wait for it: the JDK does, so there are no zombies.
///
/// Each pipe has a thread of its own until its end was read: close a child whose output is not read
/// to the end. Output ends when nobody can write any more. That may be after the child has ended,
/// since what it has started may have the pipe too.
///
/// On Linux, with `--enable-native-access`, the pipes are our own, and signals are sent by
/// `kill(2)`. Else the pipes are the JDK's. It closes them when the child ends, so what others
/// write later is mostly lost; and a thread that waits in such a pipe is free only when all who
/// have the other end are gone.
///
/// Source: `asyncio.subprocess.Process`, Python 3.15.
public final class Subprocess implements AutoCloseable {

  /*
   * The JDK has a thread that waits for the child; it tells us, through the loop, and everybody in
   * `waiters` goes on, whatever the pipes do. Each pipe has a thread of its own.
   */

  private static final boolean UNIX = java.io.File.separatorChar == '/';
  private static final int SIGNALLED = 128;
  private static final int LAST_SIGNAL = 64;
  private static final byte[] NOTHING = {};

  private final Loop loop;
  private final Process process;
  private final boolean hasGroup;
  private final @Nullable PipeWriting stdin;
  private final @Nullable PipeReading stdout;
  private final @Nullable PipeReading stderr;
  private final List<LoopFuture<@Nullable Void>> waiters = new ArrayList<>(1);
  private final Runnable ending = this::abandon;
  private @Nullable Integer returnCode;

  /// Loop's thread.
  Subprocess(Loop loop, Launch.Child child, SubprocessOptions options) {
    this.loop = loop;
    this.process = child.process();
    this.hasGroup = options.newSession();
    this.stdin = child.stdin() == null ? null : new PipeWriting(loop, child.stdin());
    this.stdout = reading(child.stdout(), options.limit());
    this.stderr = reading(child.stderr(), options.limit());
  }

  private @Nullable PipeReading reading(@Nullable InputStream pipe, int limit) {
    return pipe == null ? null : new PipeReading(loop, pipe, limit);
  }

  /// Starts the threads; loop's thread.
  Subprocess started() {
    Children.of(loop).add(ending);
    startThread(stdin);
    startThread(stdout);
    startThread(stderr);
    var _ = process.onExit().thenRun(() -> Pipes.tell(loop, this::exited));
    return this;
  }

  private static void startThread(@Nullable Runnable work) {
    if (work != null) {
      Pipes.THREADS.execute(work);
    }
  }

  private void exited() {
    returnCode = returnCodeOf(process.exitValue());
    Children.of(loop).remove(ending);
    if (stdin != null) {
      stdin.childEnded();
    }
    for (LoopFuture<@Nullable Void> waiter : List.copyOf(waiters)) {
      if (!waiter.isDone()) {
        waiter.setResult(null);
      }
    }
  }

  private static int returnCodeOf(int exitValue) {
    boolean signalled = UNIX && exitValue > SIGNALLED && exitValue <= SIGNALLED + LAST_SIGNAL;
    return signalled ? SIGNALLED - exitValue : exitValue;
  }

  /// {@return the child's process id}
  public long pid() {
    return process.pid();
  }

  /// {@return what the child ended with; null if it lives} On Unix a child that signal `n` ended
  /// has `-n`, and so has one that exits with `128 + n` itself: the JDK does not tell them apart.
  public @Nullable Integer returnCode() {
    loop.checkTurnToRead();
    return returnCode;
  }

  /// {@return what writes to the child's standard input; null if that is no pipe}
  public @Nullable StreamWriter stdin() {
    return stdin == null ? null : stdin.writer();
  }

  /// {@return what reads the child's standard output; null if that is no pipe}
  public @Nullable StreamReader stdout() {
    return PipeReading.readerOf(stdout);
  }

  /// {@return what reads the child's standard error; null if that is no pipe}
  public @Nullable StreamReader stderr() {
    return PipeReading.readerOf(stderr);
  }

  /// Waits for the child to end. Coroutine only; suspends unless it has. The pipes need not have
  /// ended: a child of the child may hold them.
  ///
  /// A child whose output nobody reads may never end: see [#communicate].
  ///
  /// Source: `Process.wait`; as of 3.15 it does not wait for the pipes.
  ///
  /// @return its return code; see [#returnCode]
  public int waitFor() {
    loop.checkTurn();
    Integer code = returnCode;
    while (code == null) {
      awaitExit();
      code = returnCode;
    }
    return code;
  }

  private void awaitExit() {
    var waiter = new LoopFuture<@Nullable Void>(loop);
    waiters.add(waiter);
    try {
      waiter.await();
    } finally {
      waiters.remove(waiter);
    }
  }

  /// Writes the input, closes standard input, reads everything the child writes, and waits for its
  /// end. Coroutine only; suspends. All that is read is held in memory.
  ///
  /// A child that does not read its input to the end is no failure. When the caller is cancelled
  /// the child goes on, and what was read is kept: call this again, without input, to get all of
  /// it. In asyncio it is lost.
  ///
  /// Source: `Process.communicate`.
  ///
  /// @param input what the child reads; null for nothing
  /// @return what it wrote, as far as there are pipes
  /// @throws IllegalArgumentException if there is input, but standard input is no pipe
  /// @throws IOException if a pipe cannot be read
  public SubprocessOutput communicate(byte @Nullable [] input) throws IOException {
    loop.checkTurn();
    if (input != null && stdin == null) {
      throw new IllegalArgumentException("there is input, but standard input is no pipe");
    }
    List<Coro<byte[]>> parts =
        List.of(() -> feed(input), () -> readAll(stdout), () -> readAll(stderr));
    Tasks.gather(parts).await(IOException.class);
    waitFor();
    return new SubprocessOutput(
        stdout == null ? null : stdout.takeAll(), stderr == null ? null : stderr.takeAll());
  }

  private byte[] feed(byte @Nullable [] input) {
    StreamWriter writer = stdin();
    if (writer == null) {
      return NOTHING;
    }
    try (writer) {
      if (input != null) {
        writer.write(input);
        writer.drain();
      }
    } catch (IOException childStoppedReading) {
      // as asyncio: it need not read everything
    }
    return NOTHING;
  }

  private static byte[] readAll(@Nullable PipeReading pipe) throws IOException {
    return pipe == null ? NOTHING : pipe.readAll();
  }

  /// Sends the child a signal. Never suspends.
  ///
  /// With `--enable-native-access` the signal is sent when this returns. Else only SIGTERM and
  /// SIGKILL are; others go through `/bin/sh`, arrive a little later, and it is not told if they
  /// cannot be sent.
  ///
  /// Source: `Process.send_signal`.
  ///
  /// @param signal its number; on Windows 9 and 15 alone, and both end the child at once
  /// @throws NoSuchProcessException if the child has ended
  /// @throws IOException if the signal cannot be sent: this process may not signal the child, for
  ///   instance, or there is no such signal
  /// @throws UnsupportedOperationException on Windows, for other signals
  public void sendSignal(int signal) throws IOException {
    loop.checkTurn();
    if (!UNIX && signal != ChildSignals.TERM && signal != ChildSignals.KILL) {
      throw new UnsupportedOperationException("Windows has no signal " + signal);
    }
    outside(() -> ChildSignals.send(process, signal));
  }

  /// Sends a signal to the child's process group: the child, if it lives, and everything it has
  /// started that is still in the group. Never suspends.
  ///
  /// Works after the end of the child, too, while any process is left in the group. Once it is
  /// empty the system may give its number to another group, so send nothing to a group that you
  /// know has ended.
  ///
  /// Source: `os.killpg(process.pid, signal)`.
  ///
  /// @param signal its number
  /// @throws IllegalStateException if the child has no group of its own: see
  ///   [SubprocessOptions#withNewSession]
  /// @throws NoSuchProcessException if no process is in the group; not told without
  ///   `--enable-native-access`, as in [#sendSignal]
  /// @throws IOException if the signal cannot be sent to any of them; likewise
  public void sendSignalToGroup(int signal) throws IOException {
    loop.checkTurn();
    if (!hasGroup) {
      throw new IllegalStateException(
          "process " + pid() + " has no group of its own; start it with withNewSession()");
    }
    outside(() -> ChildSignals.sendToGroup(pid(), signal));
  }

  private interface Sending {
    void send() throws IOException;
  }

  /// Sends a signal; on the loop's thread if that may mean to start a process.
  private static void outside(Sending sending) throws IOException {
    if (Posix.canSignal()) {
      sending.send();
      return;
    }
    IOException fault =
        Tasks.<@Nullable IOException>onLoopThread(() -> {
          try {
            sending.send();
            return null;
          } catch (IOException refused) {
            return refused;
          }
        });
    if (fault != null) {
      throw fault;
    }
  }

  /// Asks the child to end, with SIGTERM; does nothing if it has. Never suspends.
  ///
  /// @throws UncheckedIOException if this process may not signal the child
  public void terminate() {
    end(ChildSignals.TERM);
  }

  /// Ends the child, with SIGKILL; does nothing if it has ended. Never suspends.
  ///
  /// @throws UncheckedIOException if this process may not signal the child
  public void kill() {
    end(ChildSignals.KILL);
  }

  private void end(int signal) {
    try {
      sendSignal(signal);
    } catch (NoSuchProcessException hasEnded) {
      // as it was asked to
    } catch (IOException refused) {
      throw new UncheckedIOException(refused);
    }
  }

  /// Kills the child if it lives, drops what is not written to it, and ends its readers, after what
  /// they have got already. Never suspends.
  ///
  /// A child with a session of its own is killed with its group. If it has ended, what it has
  /// started lives on; [#sendSignalToGroup] reaches that.
  @Override
  public void close() {
    loop.checkTurn();
    ChildSignals.end(process, hasGroup);
    if (stdin != null) {
      stdin.drop();
    }
    if (stdout != null) {
      stdout.close();
    }
    if (stderr != null) {
      stderr.close();
    }
  }

  /// The loop closes.
  private void abandon() {
    ChildSignals.end(process, hasGroup);
  }

  @Override
  public String toString() {
    return "<Subprocess " + pid() + (returnCode == null ? "" : " returncode=" + returnCode) + ">";
  }
}
