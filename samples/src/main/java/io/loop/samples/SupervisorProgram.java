package io.loop.samples;

import static io.loop.Asyncio.moveOnAfter;
import static io.loop.Asyncio.shielding;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;

import io.loop.event.Loop;
import io.loop.process.NoSuchProcessException;
import io.loop.process.Stdio;
import io.loop.process.Subprocess;
import io.loop.process.SubprocessOptions;
import io.loop.process.Subprocesses;
import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.stream.IncompleteReadException;
import io.loop.stream.LimitOverrunException;
import io.loop.stream.StreamReader;
import io.loop.task.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A program of [Supervisor]: runs it, passes its output on, and restarts it.
///
/// Coroutines and callbacks of one loop only.
final class SupervisorProgram {

  /*
   *   delay ---> running ---ends, or takes too long, or is cancelled---> SIGTERM to what is left of
   *     ^                                                                its process group
   *     |                                                                      | empty, or SIGKILL
   *     +----- unless it was cancelled, or may not be restarted again <--------+
   *
   * The program leads a session, and so a process group, of its own. What it starts is in the group
   * too, unless it leaves it. No process can wait for a grandchild, so a signal that does nothing
   * is sent again and again to find out when the group is empty. That takes kill(2), and so the
   * JVM's flag --enable-native-access, which samples.jar has in its manifest.
   */

  /// When a program that has ended is restarted.
  enum Restart {
    ALWAYS,
    ON_FAILURE
  }

  /// How a program is run.
  ///
  /// @param restart when it is restarted
  /// @param restarts how often, in a row
  /// @param backOff the delays before that
  /// @param healthy a run of this length ends the row
  /// @param stop how long it may take to end after SIGTERM
  /// @param run how long it may run; null for no limit
  /// @param line longest line of its output, in bytes
  record Rules(
      Restart restart,
      int restarts,
      Retry backOff,
      Duration healthy,
      Duration stop,
      @Nullable Duration run,
      int line) {}

  /// How a run has ended.
  private record Ending(String text, boolean isSuccess) {}

  private static final int TERM = 15;
  private static final int KILL = 9;
  private static final int NOTHING = 0;
  private static final byte[] NEWLINE = {'\n'};
  private static final Retry GLANCES =
      Retry.DEFAULT
          .withoutJitter()
          .withFirstDelay(Duration.ofMillis(5))
          .withMaxDelay(Duration.ofMillis(200));
  private static final Duration AFTER_KILL = Duration.ofSeconds(1);
  private static final Duration LAST_LINES = Duration.ofSeconds(2);

  private final List<String> words;
  private final Rules rules;
  private final SupervisorOutput.Column output;
  private @Nullable Subprocess running;

  SupervisorProgram(SupervisorCommand command, Rules rules, SupervisorOutput output) {
    this.words = command.words();
    this.rules = rules;
    this.output = output.column(command.name());
  }

  /// Runs the program again and again. If this is cancelled, the program ends first.
  ///
  /// @return false if it was given up, because it failed too often
  boolean run() {
    Loop loop = Loop.running();
    Retry.Delays delays = rules.backOff().delays();
    int restarts = 0;
    for (; ; ) {
      Duration start = loop.time();
      Ending ending = runOnce();
      if (ending.isSuccess() && rules.restart() == Restart.ON_FAILURE) {
        output.say(ending.text());
        return true;
      }
      if (loop.time().minus(start).compareTo(rules.healthy()) >= 0) {
        delays.reset();
        restarts = 0;
      }
      if (restarts == rules.restarts()) {
        output.say(ending.text() + "; given up after " + restarts + " restarts");
        return false;
      }
      restarts++;
      Duration delay = delays.next();
      output.say(ending.text() + "; restarting in " + delay.toMillis() + " ms");
      sleep(delay);
    }
  }

  private Ending runOnce() {
    try (Subprocess child = start()) {
      running = child;
      return TaskGroup.call(group -> {
        Task<?> passing = group.createTask(() -> passOutput(child));
        try {
          return awaitEnding(child);
        } finally {
          shielding(() -> end(child, passing)); // also if a signal ends the supervisor
        }
      });
    } catch (IOException fault) {
      return new Ending("cannot start: " + fault.getMessage(), false);
    } finally {
      running = null;
    }
  }

  private Subprocess start() throws IOException {
    var options =
        SubprocessOptions.DEFAULT
            .withStdin(Stdio.DEVNULL)
            .withStdout(Stdio.PIPE)
            .withStderr(Stdio.STDOUT)
            .withLimit(rules.line())
            .withNewSession();
    String[] arguments = words.subList(1, words.size()).toArray(String[]::new);
    return Subprocesses.createSubprocessExec(options, words.getFirst(), arguments);
  }

  private Ending awaitEnding(Subprocess child) {
    output.offer("started, process " + child.pid());
    try {
      int code = timeout(rules.run(), child::waitFor);
      return code < 0
          ? new Ending("ended by signal " + -code, false)
          : new Ending("exited with code " + code, code == 0);
    } catch (TimeoutException late) {
      return new Ending("stopped, because it ran too long", false);
    }
  }

  /// Passes the output on until no process has the pipe any more. That may be before or after the
  /// child ends.
  private void passOutput(Subprocess child) {
    StreamReader reader = Objects.requireNonNull(child.stdout(), "a pipe");
    try {
      byte[] line = nextLine(reader);
      while (line.length > 0) {
        output.add(line);
        line = nextLine(reader);
      }
    } catch (IOException fault) {
      output.say("its output cannot be read: " + fault.getMessage());
    }
  }

  /// {@return the next line, or a part of one that is too long; nothing at the end}
  private byte[] nextLine(StreamReader reader) throws IOException {
    try {
      return reader.readUntil(NEWLINE);
    } catch (LimitOverrunException tooLong) {
      return reader.read(rules.line());
    } catch (IncompleteReadException end) {
      return end.partial();
    }
  }

  /// Ends what is left of the child's group, and passes the last lines on.
  private void end(Subprocess child, Task<?> passing) {
    if (signal(child, TERM) && !isEmptyWithin(child, rules.stop())) {
      output.offer("killed, because SIGTERM did not end it in " + seconds(rules.stop()));
      boolean _ = signal(child, KILL);
      boolean _ = isEmptyWithin(child, AFTER_KILL);
    }
    boolean _ =
        moveOnAfter(LAST_LINES, () -> awaitEnd(passing)); // a process may have left the group
  }

  private static void awaitEnd(Task<?> passing) {
    Object _ = passing.await();
  }

  private boolean isEmptyWithin(Subprocess child, Duration limit) {
    return moveOnAfter(
        limit,
        () -> {
          Retry.Delays delays = GLANCES.delays();
          while (signal(child, NOTHING)) {
            sleep(delays.next());
          }
        });
  }

  /// {@return whether there was a process in the child's group to send a signal to}
  private boolean signal(Subprocess child, int number) {
    try {
      child.sendSignalToGroup(number);
      return true;
    } catch (NoSuchProcessException empty) {
      return false;
    } catch (IOException refused) {
      if (number != NOTHING) {
        output.offer(String.valueOf(refused.getMessage()));
      }
      return true;
    }
  }

  /// Sends a signal to the program, if it is running, and not to what it has started.
  void passOn(int number) {
    try {
      if (running != null) {
        running.sendSignal(number);
      }
    } catch (NoSuchProcessException ended) {
      // and will be restarted
    } catch (IOException refused) {
      output.offer(String.valueOf(refused.getMessage()));
    }
  }

  /// Kills the program and what it has started.
  void kill() {
    if (running != null) {
      boolean _ = signal(running, KILL);
    }
  }

  private static String seconds(Duration duration) {
    return duration.toSeconds() + " s";
  }
}
