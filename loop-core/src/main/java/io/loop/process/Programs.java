package io.loop.process;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the program of a child. May block.
final class Programs {

  /*
   * The JDK looks a program up in the PATH of this process. Python uses the PATH of the child's
   * environment if one is given, and DEFAULT_PATH if that has no PATH. A relative or empty entry is
   * resolved against the child's directory.
   *
   * A child gets its own session from the program setsid(1), which becomes the child and keeps its
   * process id. The JDK has no way to do this in the child, and it cannot be done once the child
   * runs. The child's program is looked up here in that case too, so a wrong name throws an
   * exception.
   */

  private static final boolean WINDOWS = File.separatorChar == '\\';
  private static final String DEFAULT_PATH = "/bin:/usr/bin";

  private Programs() {}

  /// {@return the command that the JDK is to start}
  ///
  /// @param options the environment and the directory are used
  /// @param command the program and its arguments
  /// @throws IOException if there is no such program
  static List<String> find(SubprocessOptions options, List<String> command) throws IOException {
    if (WINDOWS) {
      if (options.newSession()) {
        throw new UnsupportedOperationException("Windows has no sessions");
      }
      return command;
    }
    Map<String, String> env = options.env();
    if (env == null && !options.newSession()) {
      return command;
    }
    String path = env == null ? System.getenv("PATH") : env.get("PATH");
    File directory = options.cwd() == null ? null : options.cwd().toFile();
    List<String> found = new ArrayList<>();
    if (options.newSession()) {
      found.add(find("setsid", System.getenv("PATH"), null));
    }
    found.add(find(command.getFirst(), path, directory));
    found.addAll(command.subList(1, command.size()));
    return found;
  }

  private static String find(String program, @Nullable String path, @Nullable File directory)
      throws IOException {
    if (program.contains("/")) {
      if (!isProgram(program, directory)) {
        throw missing(program, "", exists(program, directory));
      }
      return program;
    }
    String entries = path == null ? DEFAULT_PATH : path;
    boolean seen = false;
    for (String entry : entries.split(":", -1)) {
      String candidate = (entry.isEmpty() ? "." : entry) + "/" + program;
      if (isProgram(candidate, directory)) {
        return candidate;
      }
      seen |= exists(candidate, directory);
    }
    throw missing(program, " in " + entries, seen);
  }

  private static boolean isProgram(String name, @Nullable File directory) {
    File file = fileOf(name, directory);
    return file.isFile() && file.canExecute();
  }

  private static boolean exists(String name, @Nullable File directory) {
    return fileOf(name, directory).exists();
  }

  private static File fileOf(String name, @Nullable File directory) {
    return name.startsWith("/") ? new File(name) : new File(directory, name);
  }

  private static IOException missing(String program, String where, boolean seen) {
    String reason = seen ? "Permission denied" : "No such file or directory";
    return new IOException("Cannot run program \"" + program + "\"" + where + ": " + reason);
  }

  /// {@return whether a process leads its process group; true if that is unknown}
  static boolean isLeader(long pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      String[] facts = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // state ppid pgrp
      return facts[2].equals(Long.toString(pid));
    } catch (IOException _) {
      return true; // it has ended, or there is no /proc
    }
  }
}
