package io.loop.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Prints the ratios of two runs and their noise: `loop-jmh/run compare A.json B.json`.
@Command(
    name = "compare",
    description = "Prints the figures of two runs, and their ratios with their noise.",
    footer = {
      "",
      "of forks, of iterations: the smallest and the largest ratio of a fork's median, and of an"
          + " iteration, in B to one in A.",
      "noise: these contain 1, or the difference is less than 1 %% or a byte.",
      "better, worse: neither contains 1, in at least 3 forks on both sides.",
      "likely better, likely worse: that of the iterations contains 1.",
      "too few forks: measure again with --forks 5.",
    },
    sortOptions = false)
final class Compare implements Callable<Integer> {

  @Parameters(
      index = "0",
      paramLabel = "A.json",
      description = "JMH's results before, from this script or from -rf json.")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "B.json", description = "Those after.")
  private Path after = Path.of("");

  @Option(
      names = "--figure",
      paramLabel = "NAME",
      description =
          "A secondary result to compare as well, such as cpu; may be given several times. Less of"
              + " it is better.")
  private List<String> figures = new ArrayList<>();

  private final PrintStream out;

  /// @param out gets what is printed
  Compare(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() throws IOException {
    List<String> all = new ArrayList<>(List.of(Measure.ALLOCATED));
    all.addAll(figures);
    var comparing = new Comparing(Results.read(before), Results.read(after), all);
    Optional<Machine> first = Machine.beside(before);
    Optional<Machine> second = Machine.beside(after);
    out.println("A: " + before + describe(first));
    out.println("B: " + after + describe(second));
    if (first.isPresent() && second.isPresent() && !first.get().isLike(second.get())) {
      out.println("The machines or the versions differ: the ratios say little about the code.");
    }
    out.println();
    out.print(comparing);
    return CommandLine.ExitCode.OK;
  }

  private static String describe(Optional<Machine> machine) {
    return machine.map(it -> ": " + it.describe()).orElse("");
  }
}
