package io.loop.report;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures the budgets and prints a table of ours ÷ peer; `loop-jmh/run` starts it.
///
/// It writes to its directory: `results.json` in JMH's format, `machine.json`, `jmh.log`,
/// `report.md` for the documentation, and the plots.
@Command(
    name = "loop-jmh/run",
    description = "Measures the budgets, and prints a table of ours ÷ peer.",
    sortOptions = false)
public final class Report implements Callable<Integer> {

  /// The task to run.
  enum Task {
    quick,
    full,
    report
  }

  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "quick|full|report",
      description =
          "quick: each budget once, in less than 10 minutes (the default); full: 5 forks of"
              + " everything, with the plots, in a few hours; report: no measuring, but the"
              + " table and the plots of FILE.json.")
  private Task task = Task.quick;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE.json",
      description = "The results of an earlier run.")
  private @Nullable Path file;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      description = "The rows whose heading or benchmark matches, such as 'Timer|Echo.*streams'.")
  private Pattern only = Pattern.compile("");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the files go; loop-jmh/target/report unless given.")
  private @Nullable Path out;

  @Option(names = "--forks", paramLabel = "N", description = "JVMs for each benchmark.")
  private int forks;

  private Report() {}

  /// Runs it.
  ///
  /// @param args see `--help`
  public static void main(String[] args) {
    var command = new CommandLine(new Report());
    command
        .getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help").usageHelp(true).description("Prints this.").build());
    command.setOut(new PrintWriter(OUT, true, StandardCharsets.UTF_8));
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if ((task == Task.report) != (file != null)) {
      System.err.println("report takes a FILE.json, and nothing else does; see --help");
      return CommandLine.ExitCode.USAGE;
    }
    Path directory = Files.createDirectories(out == null ? besideTheJar() : out);
    Path json = file == null ? directory.resolve("results.json") : file;
    if (task != Task.report) {
      measure(json, directory.resolve("jmh.log"));
    }
    write(json, directory);
    return CommandLine.ExitCode.OK;
  }

  private static Path besideTheJar() {
    try {
      var code = Report.class.getProtectionDomain().getCodeSource().getLocation();
      return Path.of(code.toURI()).resolveSibling("report");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void measure(Path json, Path log) throws IOException {
    Files.deleteIfExists(json);
    Machine machine = Machine.here(task.name());
    machine.write(machineOf(json));
    OUT.println(machine.describe());
    Effort effort = task == Task.full ? Effort.FULL : Effort.QUICK;
    new Measuring(forks > 0 ? effort.withForks(forks) : effort, json).run(wanted(), log, OUT);
    OUT.println();
  }

  private Stream<Measure> wanted() {
    Stream<Measure> rows = rows(task.name()).stream().flatMap(Budget::measures);
    Stream<Measure> points = Graph.all().stream().flatMap(Graph::measures).filter(this::isWanted);
    return task == Task.full ? Stream.concat(rows, points) : rows;
  }

  private List<Budget> rows(String set) {
    List<Budget> all = set.equals(Task.quick.name()) ? Budgets.quick() : Budgets.full();
    return all.stream().filter(row -> row.isAbout(only)).toList();
  }

  private boolean isWanted(Measure measure) {
    return only.matcher(measure.benchmark()).find();
  }

  private void write(Path json, Path directory) throws IOException {
    Results results = Files.exists(json) ? Results.read(json) : new Results(List.of());
    Optional<Machine> machine = Machine.read(machineOf(json));
    List<Verdict> verdicts =
        rows(machine.map(Machine::set).orElse("")).stream().map(row -> row.judge(results)).toList();
    List<String> plots = writePlots(results, directory);
    Files.writeString(
        directory.resolve("report.md"), Markdown.of(machine, results, verdicts, plots));
    OUT.println(new Table(verdicts));
    OUT.println("Results, report.md and plots are in " + directory);
  }

  private static List<String> writePlots(Results results, Path directory) throws IOException {
    List<String> written = new ArrayList<>();
    for (Graph graph : Graph.all()) {
      if (graph.isIn(results)) {
        Files.writeString(directory.resolve(graph.file()), graph.plot(results).svg());
        written.add(graph.file());
      }
    }
    return written;
  }

  private static Path machineOf(Path json) {
    return json.resolveSibling("machine.json");
  }
}
