package io.loop.report;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;

/// Measures the budgets and prints a table of ours ÷ peer; `loop-jmh/run` starts it.
///
/// It writes to its directory: `results.json` in JMH's format, `machine.json`, `jmh.log`,
/// `report.md` for the documentation, and the plots.
@Command(
    name = "loop-jmh/run",
    description = "Measures the budgets, and prints a table of ours ÷ peer.",
    subcommands = HelpCommand.class,
    sortOptions = false)
public final class Report implements Callable<Integer> {

  /// The task to run.
  enum Task {
    quick,
    full,
    report
  }

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
      description =
          "The rows whose heading or benchmark matches, such as 'Timer|Echo.*streams', and the"
              + " benchmarks without a budget whose name matches. If nothing matches, upper and"
              + " lower case are the same.")
  private Pattern only = Pattern.compile("");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the files go; loop-jmh/target/report unless given.")
  private @Nullable Path dir;

  @Option(names = "--forks", paramLabel = "N", description = "JVMs for each benchmark.")
  private int forks;

  private final PrintStream out;

  private Report(PrintStream out) {
    this.out = out;
  }

  /// Runs it.
  ///
  /// @param args see `--help`
  public static void main(String[] args) {
    System.exit(run(new PrintStream(System.out, true, StandardCharsets.UTF_8), args));
  }

  /// {@return the exit code}
  ///
  /// @param out gets what is printed, but for errors
  /// @param args see `--help`
  static int run(PrintStream out, String... args) {
    var command = new CommandLine(new Report(out));
    var compare = new CommandLine(new Compare(out));
    command.addSubcommand(compare);
    for (CommandLine each : List.of(command, compare)) {
      each.getCommandSpec()
          .addOption(
              OptionSpec.builder("-h", "--help")
                  .usageHelp(true)
                  .description("Prints this.")
                  .build());
    }
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    command.setExecutionExceptionHandler(Report::report);
    return command.execute(args);
  }

  /// A file that cannot be read needs no stack trace.
  private static int report(Exception failure, CommandLine command, ParseResult parsed)
      throws Exception {
    if (!(failure instanceof IOException)) {
      throw failure;
    }
    command
        .getErr()
        .println(
            failure instanceof NoSuchFileException missing
                ? "There is no file " + missing.getFile()
                : failure);
    return CommandLine.ExitCode.SOFTWARE;
  }

  @Override
  public Integer call() throws IOException {
    if ((task == Task.report) != (file != null)) {
      System.err.println("report takes a FILE.json, and nothing else does; see --help");
      return CommandLine.ExitCode.USAGE;
    }
    Path directory = Files.createDirectories(dir == null ? besideTheJar() : dir);
    Path json = file == null ? directory.resolve("results.json") : file;
    if (task != Task.report) {
      List<Measure> wanted = wanted();
      if (wanted.isEmpty()) {
        System.err.println("No budget and no benchmark matches " + only);
        return CommandLine.ExitCode.USAGE;
      }
      measure(wanted, json, directory.resolve("jmh.log"));
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

  private void measure(List<Measure> wanted, Path json, Path log) throws IOException {
    Files.deleteIfExists(json);
    Machine machine = Machine.here(task.name());
    machine.write(Machine.of(json));
    out.println(machine.describe());
    Effort effort = task == Task.full ? Effort.FULL : Effort.QUICK;
    new Measuring(forks > 0 ? effort.withForks(forks) : effort, json).run(wanted, log, out);
    out.println();
  }

  private List<Measure> wanted() {
    List<Measure> exactly = matching();
    if (!exactly.isEmpty()) {
      return exactly;
    }
    only = Pattern.compile(only.pattern(), Pattern.CASE_INSENSITIVE);
    return matching();
  }

  private List<Measure> matching() {
    Stream<Measure> rows = rows(task.name()).stream().flatMap(Budget::measures);
    Stream<Measure> points =
        task == Task.full ? Graph.all().stream().flatMap(Graph::measures) : Stream.empty();
    // Without a pattern, all of them would be measured, which takes long.
    Stream<Measure> unbudgeted =
        only.pattern().isEmpty()
            ? Stream.empty()
            : Unbudgeted.measures(Measuring.benchmarks().keySet());
    return Stream.concat(rows, Stream.concat(points, unbudgeted).filter(this::isWanted)).toList();
  }

  private List<Budget> rows(String set) {
    List<Budget> all = set.equals(Task.quick.name()) ? Budgets.quick() : Budgets.full();
    return all.stream().filter(row -> row.isAbout(only)).toList();
  }

  private boolean isWanted(Measure measure) {
    return only.matcher(measure.benchmark()).find();
  }

  private void write(Path json, Path directory) throws IOException {
    Results results = read(json);
    Optional<Machine> machine = Machine.beside(json);
    List<Verdict> verdicts =
        Stream.concat(budgets(machine, results), Unbudgeted.rows(results))
            .filter(row -> row.isAbout(only))
            .map(row -> row.judge(results))
            .toList();
    List<String> plots = writePlots(results, directory);
    Files.writeString(
        directory.resolve("report.md"), Markdown.of(machine, results, verdicts, plots));
    out.println(new Table(verdicts));
    out.println("Results, report.md and plots are in " + directory);
  }

  /// Every benchmark may have failed; then there is no file, and the table says so.
  private Results read(Path json) throws IOException {
    return task == Task.report || Files.exists(json) ? Results.read(json) : new Results(List.of());
  }

  /// Results without a machine are JMH's own, perhaps of another project: rows without a figure are
  /// left out.
  private Stream<Budget> budgets(Optional<Machine> machine, Results results) {
    Stream<Budget> rows = rows(machine.map(Machine::set).orElse("")).stream();
    return machine.isPresent() ? rows : rows.filter(row -> results.find(row.ours()).isPresent());
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
}
