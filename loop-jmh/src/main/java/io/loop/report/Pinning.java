package io.loop.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The processors that the servers and the clients of a benchmark run on.
///
/// With two processors and Linux's `taskset`, servers get the first one and clients the second one.
/// Otherwise nothing is pinned, and the description says why. Any thread.
public final class Pinning {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String ALLOWED = "Cpus_allowed_list:";
  private static final String TASKSET = "taskset";

  private static final class Detected {
    static final Pinning HERE = detect();
  }

  private final List<Integer> processors; // the servers' and the clients', or none
  private final String description;

  private Pinning(List<Integer> processors, String description) {
    this.processors = processors;
    this.description = description;
  }

  private static Pinning because(String reason) {
    return new Pinning(List.of(), "servers and clients are not pinned: " + reason);
  }

  /// {@return what this machine allows} The first call starts a process to find out.
  public static Pinning here() {
    return Detected.HERE;
  }

  private static Pinning detect() {
    if (!Files.isReadable(STATUS)) {
      return because("this system has no taskset");
    }
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith(ALLOWED))
          .findFirst()
          .map(line -> of(processors(line.substring(ALLOWED.length()).strip()), TASKSET))
          .orElseGet(() -> because(STATUS + " does not list the processors"));
    } catch (IOException e) {
      return because(e.toString());
    }
  }

  /// {@return the pinning for a process that may use some processors}
  ///
  /// @param allowed the numbers of the processors
  /// @param taskset the program that pins a process
  static Pinning of(List<Integer> allowed, String taskset) {
    if (allowed.size() < 2) {
      return because("there is only one processor");
    }
    var first = new Pinning(allowed.subList(0, 2), "");
    for (int index = 0; index < 2; index++) {
      List<String> probe = new ArrayList<>(first.prefix(index, taskset));
      probe.add("true");
      try {
        int exit = new ProcessBuilder(probe).start().waitFor();
        if (exit != 0) {
          return because(String.join(" ", probe) + " failed with " + exit);
        }
      } catch (IOException absent) {
        return because(taskset + " cannot be started");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return because("the search for " + taskset + " was interrupted");
      }
    }
    return new Pinning(
        first.processors,
        "servers are pinned to processor %d, clients to %d"
            .formatted(allowed.get(0), allowed.get(1)));
  }

  /// {@return the numbers in a list of Linux's, such as `0-3,8`}
  static List<Integer> processors(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", 2);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int number = Integer.parseInt(ends[0]); number <= last; number++) {
        numbers.add(number);
      }
    }
    return numbers;
  }

  /// {@return what to put before the command of a server; empty if nothing is pinned}
  public List<String> ofServer() {
    return prefix(0, TASKSET);
  }

  /// {@return what to put before the command of a client; empty if nothing is pinned}
  public List<String> ofClient() {
    return prefix(1, TASKSET);
  }

  private List<String> prefix(int index, String taskset) {
    return processors.isEmpty()
        ? List.of()
        : List.of(taskset, "-c", processors.get(index).toString());
  }

  /// {@return a description in a few words}
  String describe() {
    return description;
  }
}
