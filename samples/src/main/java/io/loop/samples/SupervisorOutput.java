package io.loop.samples;

import static io.loop.Asyncio.runInExecutor;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// The lines of all programs, each with the name of its program, on their way to standard output.
///
/// Coroutines of one loop only.
final class SupervisorOutput {

  /*
   *   program ---add---> lines ---print---> standard output
   *
   * Writing blocks while the reader of the terminal or pipe does not read. So a separate thread
   * writes, one block at a time. Meanwhile the queue fills, `add` suspends, and the pipes of the programs fill:
   * a program waits for its reader as it does without a supervisor.
   *
   * The thread is a daemon, so a reader that never reads cannot keep the process alive.
   */

  private static final int BLOCK = 65_536;
  private static final int QUEUED = 256;

  private final Executor thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("supervisor-output").factory());
  private final PrintStream out;
  private final int width;
  private final Queue<byte[]> lines = new Queue<>(QUEUED);

  /// Creates the output.
  ///
  /// @param out where the lines go
  /// @param width of the column with the names
  SupervisorOutput(PrintStream out, int width) {
    this.out = out;
    this.width = width;
  }

  /// {@return where the lines of a program go}
  Column column(String name) {
    return new Column(String.format(Locale.ROOT, "%-" + width + "s", name));
  }

  /// The lines of one program.
  final class Column {
    private final byte[] ofProgram;
    private final byte[] ofSupervisor;

    private Column(String name) {
      ofProgram = (name + " | ").getBytes(UTF_8);
      ofSupervisor = (name + " * ").getBytes(UTF_8);
    }

    /// Adds a line of the program. Suspends while too many lines wait.
    ///
    /// @param line its bytes, with or without a newline
    void add(byte[] line) {
      put(ofProgram, line);
    }

    /// Adds a line of the supervisor's own. Suspends while too many lines wait.
    void say(String text) {
      put(ofSupervisor, text.getBytes(UTF_8));
    }

    /// Adds a line of the supervisor's own, unless too many wait. Never suspends.
    void offer(String text) {
      if (!lines.isFull()) {
        say(text);
      }
    }
  }

  private void put(byte[] prefix, byte[] line) {
    boolean isWhole = line.length > 0 && line[line.length - 1] == '\n';
    byte[] text = Arrays.copyOf(prefix, prefix.length + line.length + (isWhole ? 0 : 1));
    System.arraycopy(line, 0, text, prefix.length, line.length);
    text[text.length - 1] = '\n';
    try {
      lines.put(text);
    } catch (QueueShutDownException over) {
      // nothing is printed any more
    }
  }

  /// Prints the lines until [#end]. Suspends.
  ///
  /// @throws IOException if standard output is closed
  void print() throws IOException {
    try {
      for (byte[] block; (block = nextBlock()) != null; ) {
        write(block);
      }
    } finally {
      lines.shutdown(true);
    }
  }

  private byte @Nullable [] nextBlock() {
    var block = new ByteArrayOutputStream();
    try {
      block.writeBytes(lines.get());
      while (!lines.isEmpty() && block.size() < BLOCK) {
        block.writeBytes(lines.getNowait());
      }
    } catch (QueueShutDownException over) {
      return null;
    }
    return block.toByteArray();
  }

  private void write(byte[] block) throws IOException {
    boolean failed =
        runInExecutor(
                thread,
                () -> {
                  out.write(block);
                  return out.checkError(); // flushes
                })
            .await(IOException.class);
    if (failed) {
      throw new IOException("standard output is closed");
    }
  }

  /// Ends [#print] when everything is printed.
  void end() {
    lines.shutdown();
  }
}
