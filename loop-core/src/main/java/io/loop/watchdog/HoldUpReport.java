package io.loop.watchdog;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The text of a report about a loop that is held up: what runs, what it waits for, and which
/// thread or task holds that.
final class HoldUpReport {

  /*
   * The data is read from threads that keep running, because the loop's thread may be the one that
   * is blocked. Their plain fields were written seconds ago, before the call they are in. An
   * inconsistent report is not logged: SpellReport checks at the end whether the spell still lasts.
   *
   * Unknown facts are left out. A semaphore, for example, has no owner; then the report names the
   * tasks that hold monitors and need the loop to continue.
   */

  private static final int MOST_FRAMES = 16;
  private static final int MOST_HOLDERS = 5;
  private static final int MOST_TASKS = 10_000;

  private final WatchedLoop loop;
  private final Spell spell;
  private final Thread thread;
  private final StringBuilder text = new StringBuilder();

  private HoldUpReport(WatchedLoop loop, Spell spell) {
    this.loop = loop;
    this.spell = spell;
    this.thread = spell.thread();
  }

  /// {@return the text}
  ///
  /// @param loop the loop
  /// @param spell the blocking call in which it is held up
  /// @param duration how long it has lasted, as text
  static String of(WatchedLoop loop, Spell spell, String duration) {
    var report = new HoldUpReport(loop, spell);
    report.write(duration);
    return report.text.toString();
  }

  private void write(String duration) {
    text.append("An event loop is held up: its ")
        .append(loop.hasHost() ? "host" : "thread")
        .append(" has been in a blocking call for ")
        .append(duration)
        .append(". No other callback or task can run");
    line("runs: " + what());
    writeLock();
    line("stack of the thread " + nameOf(thread.threadId(), thread.getName()) + ":");
    Stream.of(thread.getStackTrace())
        .limit(MOST_FRAMES)
        .forEach(frame -> text.append("\n    at ").append(frame));
  }

  private void line(String line) {
    text.append("\n  ").append(line);
  }

  private String what() {
    String running = loop.describe(spell);
    if (running != null) {
      return running;
    }
    if (spell.inPoll()) {
      return "the poll: a handler of a channel, or what was submitted to its event loop";
    }
    return loop.isAttached() ? "other work of the executor" : "a report, or the end of the loop";
  }

  private void writeLock() {
    Object blocker = LockSupport.getBlocker(thread);
    if (blocker instanceof AbstractOwnableSynchronizer lock) {
      LockFacts.Owner owner = LockFacts.ownerOf(lock);
      if (owner != null) {
        line("waits for: " + Objects.toIdentityString(lock));
        writeOwner(owner.threadId(), owner.threadName());
        return;
      }
    }
    List<ThreadDump.Entry> threads = dump();
    ThreadDump.Entry self =
        threads.stream()
            .filter(entry -> entry.threadId() == thread.threadId())
            .findFirst()
            .orElse(null);
    line("waits for: " + waitsFor(blocker, self));
    String monitor = self == null ? null : self.blockedOn();
    List<ThreadDump.Entry> owners =
        monitor == null
            ? List.of()
            : threads.stream().filter(entry -> entry.owned().contains(monitor)).toList();
    if (owners.size() == 1) {
      writeOwner(owners.getFirst().threadId(), owners.getFirst().threadName());
    } else {
      writeTasksWithMonitors(threads);
    }
  }

  private List<ThreadDump.Entry> dump() {
    int count = loop.countTasks();
    if (!LockFacts.AVAILABLE) {
      line("(more about locks is known only with the module jdk.management)");
    } else if (count > MOST_TASKS) {
      line("(no thread dump was taken to look for the holder: there are " + count + " tasks)");
    } else {
      try {
        return LockFacts.dump();
      } catch (IOException | RuntimeException fault) {
        line("(no thread dump could be taken to look for the holder: " + fault + ")");
      }
    }
    return List.of();
  }

  private String waitsFor(@Nullable Object blocker, ThreadDump.@Nullable Entry self) {
    if (self != null && self.blockedOn() != null) {
      return "the monitor of " + self.blockedOn();
    }
    if (self != null && self.waitingOn() != null) {
      return "a notification by " + self.waitingOn();
    }
    if (blocker != null) {
      return Objects.toIdentityString(blocker);
    }
    return switch (thread.getState()) {
      case BLOCKED -> "a monitor";
      case TIMED_WAITING -> "a timed wait to end; see its stack";
      default -> "something; see its stack";
    };
  }

  private void writeOwner(long threadId, String threadName) {
    WatchedLoop.Holder task = loop.findHolder(threadId);
    if (task == null) {
      line("held by: the thread " + nameOf(threadId, threadName));
      return;
    }
    line("held by: " + task.text());
    if (task.needsLoop()) {
      line("It cannot continue before this loop does. " + mend());
    }
  }

  private String mend() {
    if (loop.hasHost()) {
      return "Release the lock before awaiting";
    }
    return "Release the lock before awaiting, or before using the loop"
        + (loop.isAttached() ? "; or use a LoopGroup" : "");
  }

  private void writeTasksWithMonitors(List<ThreadDump.Entry> threads) {
    List<String> holders =
        threads.stream()
            .filter(entry -> !entry.owned().isEmpty())
            .flatMap(this::holder)
            .limit(MOST_HOLDERS)
            .toList();
    if (!holders.isEmpty()) {
      line("The JDK does not say which thread holds it. These need the loop, and hold monitors:");
      holders.forEach(this::line);
      line(mend() + ", if it is one of them");
    }
  }

  private Stream<String> holder(ThreadDump.Entry entry) {
    WatchedLoop.Holder task = loop.findHolder(entry.threadId());
    return task == null || !task.needsLoop()
        ? Stream.empty()
        : Stream.of(
            entry.owned().stream().collect(Collectors.joining(", ", "", ": ")) + task.text());
  }

  private static String nameOf(long threadId, String threadName) {
    return "#" + threadId + (threadName.isEmpty() ? "" : " \"" + threadName + "\"");
  }
}
