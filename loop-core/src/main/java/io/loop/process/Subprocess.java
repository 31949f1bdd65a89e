package io.loop.process;

import io.loop.event.Loop;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Coro;
import io.loop.task.Tasks;
import io.loop.task.WaiterLine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A child process.
///
/// Loop thread and coroutines of the loop only. Closing it kills the child if it is alive, and so
/// does closing the loop. It is not necessary to wait for the child: the JDK does, so there are no
/// zombies.
///
/// Each pipe has its own thread until its end is read, so close a child whose output you do not
/// read to the end. Output ends when no process can write any more. That may be after the child has
/// ended, because processes it has started may have the pipe too.
///
/// On Linux with `--enable-native-access`, Loop creates the pipes itself, and sends signals with
/// `kill(2)`. Otherwise the pipes are the JDK's. The JDK closes them when the child ends, so what
/// other processes write later is mostly lost. A thread that waits in such a pipe is released only
/// when every process with the other end has ended.
///
/// Source: `asyncio.subprocess.Process`, Python 3.15.
public final class Subprocess implements AutoCloseable {

  /*
   * A thread of the JDK waits for the child. It notifies the loop, which resumes all `waiters`,
   * independently of the pipes. Each pipe has its own thread.
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
  private final WaiterLine waiters;
  private final Runnable ending = this::abandon;
  private @Nullable Integer returnCode;

  /// Loop's thread.
  Subprocess(Loop loop, Launch.Child child, SubprocessOptions options) {
    this.loop = loop;
    this.waiters = new WaiterLine(loop);
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
    waiters.wakeAll();
  }

  private static int returnCodeOf(int exitValue) {
    boolean signalled = UNIX && exitValue > SIGNALLED && exitValue <= SIGNALLED + LAST_SIGNAL;
    return signalled ? SIGNALLED - exitValue : exitValue;
  }

  /// {@return the child's process id}
  public long pid() {
    return process.pid();
  }

  /// {@return the child's return code; null if it is alive} On Unix the code is `-n` if signal `n`
  /// ended the child. It is also `-n` if the child exits with `128 + n`, because the JDK cannot
  /// distinguish the two.
  public @Nullable Integer returnCode() {
    loop.checkTurnToRead();
    return returnCode;
  }

  /// {@return the writer of the child's standard input; null if that is not a pipe}
  public @Nullable StreamWriter stdin() {
    return stdin == null ? null : stdin.writer();
  }

  /// {@return the reader of the child's standard output; null if that is not a pipe}
  public @Nullable StreamReader stdout() {
    return PipeReading.readerOf(stdout);
  }

  /// {@return the reader of the child's standard error; null if that is not a pipe}
  public @Nullable StreamReader stderr() {
    return PipeReading.readerOf(stderr);
  }

  /// Waits for the child to end. Coroutine only; suspends unless it has ended. The pipes may still
  /// be open, because a grandchild may have them.
  ///
  /// A child whose output is not read may never end: see [#communicate].
  ///
  /// Source: `Process.wait`; as of 3.15 it does not wait for the pipes.
  ///
  /// @return its return code; see [#returnCode]
  public int waitFor() {
    loop.checkTurn();
    Integer code = returnCode;
    while (code == null) {
      waiters.await();
      code = returnCode;
    }
    return code;
  }

  /// Writes the input, closes standard input, reads everything the child writes, and waits for it
  /// to end. Coroutine only; suspends. All output is held in memory.
  ///
  /// It is not a failure if the child does not read all its input. If the caller is cancelled, the
  /// child continues and the output read so far is kept: call this again, without input, to get all
  /// of it. In asyncio it is lost.
  ///
  /// Source: `Process.communicate`.
  ///
  /// @param input the child's input; null for none
  /// @return the child's output, for the streams that are pipes
  /// @throws IllegalArgumentException if there is input, but standard input is not a pipe
  /// @throws IOException if a pipe cannot be read
  public SubprocessOutput communicate(byte @Nullable [] input) throws IOException {
    loop.checkTurn();
    if (input != null && stdin == null) {
      throw new IllegalArgumentException(
          "there is input, but standard input is not a pipe; start the child with Stdio.PIPE");
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
      // as in asyncio: it need not read everything
    }
    return NOTHING;
  }

  private static byte[] readAll(@Nullable PipeReading pipe) throws IOException {
    return pipe == null ? NOTHING : pipe.readAll();
  }

  /// Sends the child a signal. Never suspends.
  ///
  /// With `--enable-native-access` the signal was sent when this returns. Without it, that is true
  /// only of SIGTERM and SIGKILL. Other signals go through `/bin/sh`: they arrive a little later,
  /// and a failure to send them is not reported.
  ///
  /// Source: `Process.send_signal`.
  ///
  /// @param signal its number; on Windows only 9 and 15, and both end the child immediately
  /// @throws NoSuchProcessException if the child has ended
  /// @throws IOException if the signal cannot be sent: for example, this process may not signal the
  ///   child, or there is no such signal
  /// @throws UnsupportedOperationException on Windows, for other signals
  public void sendSignal(int signal) throws IOException {
    loop.checkTurn();
    if (!UNIX && signal != ChildSignals.TERM && signal != ChildSignals.KILL) {
      throw new UnsupportedOperationException("Windows has no signal " + signal);
    }
    outside(() -> ChildSignals.send(process, signal));
  }

  /// Sends a signal to the child's process group: the child, if it is alive, and all processes it
  /// has started that are still in the group. Never suspends.
  ///
  /// This also works after the child has ended, while any process is left in the group. Once the
  /// group is empty, the system may reuse its id, so do not signal a group that you know has ended.
  ///
  /// Source: `os.killpg(process.pid, signal)`.
  ///
  /// @param signal its number
  /// @throws IllegalStateException if the child does not have its own group: see
  ///   [SubprocessOptions#withNewSession]
  /// @throws NoSuchProcessException if no process is in the group; not reported without
  ///   `--enable-native-access`, as in [#sendSignal]
  /// @throws IOException if the signal cannot be sent to any of them; not reported without
  ///   `--enable-native-access`
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

  /// Sends a signal; on the loop's thread if that may start a process.
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

  /// Asks the child to end, with SIGTERM; does nothing if it has ended. Never suspends.
  ///
  /// @throws UncheckedIOException if this process may not signal the child
  public void terminate() {
    end(ChildSignals.TERM);
  }

  /// Kills the child, with SIGKILL; does nothing if it has ended. Never suspends.
  ///
  /// @throws UncheckedIOException if this process may not signal the child
  public void kill() {
    end(ChildSignals.KILL);
  }

  private void end(int signal) {
    try {
      sendSignal(signal);
    } catch (NoSuchProcessException hasEnded) {
      // it has ended, as requested
    } catch (IOException refused) {
      throw new UncheckedIOException(refused);
    }
  }

  /// Kills the child if it is alive, drops input that is not written yet, and ends its readers
  /// after the bytes they have. Never suspends.
  ///
  /// A child with its own session is killed together with its group. If the child has already
  /// ended, the processes it has started live on; [#sendSignalToGroup] reaches them.
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

  /// The loop is closing.
  private void abandon() {
    ChildSignals.end(process, hasGroup);
  }

  @Override
  public String toString() {
    Integer seen = returnCode; // any thread may ask
    return "<Subprocess " + pid() + (seen == null ? "" : " returncode=" + seen) + ">";
  }
}
