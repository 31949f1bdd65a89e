package io.loop.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// The runner as a program: scenarios in, traces out, as section 1 of the format says.
///
/// Arguments: `--batch`, or the path of a file; `--debug` switches debug mode on, `--many-ticks`
/// lets several ticks run for each look at the outside world.
public final class ConformanceMain {

  private final Mode mode;
  private final PrintStream out;

  private ConformanceMain(Mode mode, PrintStream out) {
    this.mode = mode;
    this.out = out;
  }

  /// Runs the program.
  ///
  /// @param args the arguments
  public static void main(String[] args) throws IOException {
    List<String> words = List.of(args);
    var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    var main = new ConformanceMain(mode(words), out);
    if (words.contains("--batch")) {
      main.batch();
    } else {
      main.file(Path.of(words.getLast()));
    }
    out.flush();
  }

  private static Mode mode(List<String> words) {
    if (words.contains("--many-ticks")) {
      return Mode.MANY_TICKS;
    }
    return words.contains("--debug") ? Mode.DEBUG : Mode.STRICT;
  }

  private void batch() throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (!line.isBlank()) {
        named(line);
        out.flush();
      }
    }
  }

  private void named(String json) {
    try {
      named((Node) Objects.requireNonNull(Json.parse(json)));
    } catch (RuntimeException broken) {
      print("== ?", reason(broken));
    }
  }

  private void file(Path path) throws IOException {
    var node = (Node) Objects.requireNonNull(Json.parse(Files.readString(path)));
    if (node.has("scenarios")) {
      node.nodes("scenarios").forEach(this::named);
    } else {
      trace(node).forEach(this::print);
    }
  }

  private void named(Node node) {
    print("== " + node.raw("name"));
    trace(node).forEach(this::print);
  }

  private List<String> trace(Node node) {
    try {
      return Conformance.trace(Scenario.of(node), mode);
    } catch (RuntimeException | Error failed) {
      return List.of(reason(failed));
    }
  }

  private static String reason(Throwable failed) {
    return "!! " + failed.toString().replaceAll("\\R", " ");
  }

  private void print(String... lines) {
    for (String line : lines) {
      out.print(line + "\n");
    }
  }
}
