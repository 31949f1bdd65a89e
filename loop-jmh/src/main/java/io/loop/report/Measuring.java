package io.loop.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs benchmarks one by one, so that a failed one loses only its own figures.
final class Measuring {

  /*
   * JMH would run all benchmarks and print to standard output. So it gets one benchmark with one
   * set of parameters at a time, and its output goes to a log. The results so far are written after
   * each benchmark, so a run that is stopped keeps them.
   */

  private final Map<String, BenchmarkListEntry> known;
  private final Effort effort;
  private final Path json;
  private final List<RunResult> results = new ArrayList<>();

  Measuring(Effort effort, Path json) {
    this.known = benchmarks();
    this.effort = effort;
    this.json = json;
  }

  /// {@return the benchmarks on the class path, by the simple name of the class and the method}
  static Map<String, BenchmarkListEntry> benchmarks() {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT);
    return BenchmarkList.defaultList().getAll(silent, List.of()).stream()
        .collect(Collectors.toMap(Measuring::simpleName, Function.identity(), (first, _) -> first));
  }

  private static String simpleName(BenchmarkListEntry entry) {
    String type = entry.getUserClassQName();
    return entry.getUsername().substring(type.lastIndexOf('.') + 1);
  }

  /// Runs each benchmark once, even if several of its figures are wanted.
  ///
  /// @param wanted the measures
  /// @param progress gets a line for each
  void run(List<Measure> wanted, Path log, PrintStream progress) throws IOException {
    Set<Measure> runs = new LinkedHashSet<>();
    wanted.stream().map(this::complete).forEach(runs::add);
    int done = 0;
    try (var out = new PrintStream(Files.newOutputStream(log), true)) {
      OutputFormat format = OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL);
      for (Measure measure : runs) {
        progress.printf("[%d/%d] %s … ", ++done, runs.size(), brief(measure));
        progress.flush();
        long start = System.nanoTime();
        String outcome = runOne(measure, format, out);
        var took = Duration.ofNanos(System.nanoTime() - start);
        progress.printf("%s (%.1f s)%n", outcome, took.toMillis() / 1e3);
      }
    }
  }

  /// {@return the benchmark's own figure, with the first value of each parameter that does not
  /// matter, and without those that it does not have}
  private Measure complete(Measure measure) {
    BenchmarkListEntry entry = known.get(measure.benchmark());
    if (entry == null) {
      return measure.time();
    }
    Measure complete = Measure.of(measure.benchmark());
    Map<String, String[]> params = entry.getParams().orElse(Map.of());
    for (var param : params.entrySet()) {
      String first = param.getValue()[0];
      complete =
          complete.with(param.getKey(), measure.params().getOrDefault(param.getKey(), first));
    }
    return complete;
  }

  /// {@return the measure without the parameters that have one value only}
  private Measure brief(Measure measure) {
    BenchmarkListEntry entry = known.get(measure.benchmark());
    Map<String, String[]> params = entry == null ? Map.of() : entry.getParams().orElse(Map.of());
    Measure brief = Measure.of(measure.benchmark());
    for (var param : measure.params().entrySet()) {
      if (params.getOrDefault(param.getKey(), new String[0]).length > 1) {
        brief = brief.with(param.getKey(), param.getValue());
      }
    }
    return brief;
  }

  private String runOne(Measure measure, OutputFormat format, PrintStream log) throws IOException {
    BenchmarkListEntry entry = known.get(measure.benchmark());
    if (entry == null) {
      return "there is no such benchmark";
    }
    try {
      Collection<RunResult> result = new Runner(options(measure, entry), format).run();
      results.addAll(result);
      write();
      return result.isEmpty() ? "failed, see the log" : brief(result);
    } catch (RunnerException e) {
      e.printStackTrace(log);
      return "failed, see the log: "
          + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
  }

  private Options options(Measure measure, BenchmarkListEntry entry) {
    var options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(entry.getUsername()) + "$")
            .timeout(TimeValue.minutes(2))
            .addProfiler(GCProfiler.class)
            .addProfiler(FiguresProfiler.class);
    effort.apply(options, entry.getMode() == Mode.SingleShotTime);
    measure.params().forEach((name, value) -> options.param(name, value));
    return options.build();
  }

  private void write() throws IOException {
    try (var out = new PrintStream(Files.newOutputStream(json))) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
  }

  private static String brief(Collection<RunResult> result) {
    var primary = result.iterator().next().getPrimaryResult();
    return Sample.decimals(primary.getScore()) + " " + primary.getScoreUnit();
  }
}
