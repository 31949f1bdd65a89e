package io.loop.samples;

import static io.loop.Asyncio.addSignalHandler;
import static io.loop.Asyncio.moveOnAfter;

import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Runs programs, restarts those that end, and ends all of them with itself.
@Command(
    name = "supervisor",
    description = {
      "Runs programs on Linux and restarts those that end, until SIGINT or SIGTERM.",
      "Each line that they print gets the name of its program. SIGHUP and SIGUSR1 are passed on to"
          + " the programs. The first SIGINT or SIGTERM ends them, with all processes that they"
          + " have started; the second one kills them.",
      "Exits with 0 after a signal, and with 1 if no program is left and one of them was given up."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Supervisor implements Callable<Integer> {

  private static final int HUP = 1;
  private static final int USR1 = 10;
  private static final Duration LAST_LINES = Duration.ofSeconds(2);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      paramLabel = "NAME=COMMAND",
      arity = "0..*",
      description = "a program; its words are split as by a shell, but no shell runs it")
  private List<String> programs = new ArrayList<>();

  @Option(
      names = "--file",
      paramLabel = "PROCFILE",
      description = "run the programs of this file too, one NAME: COMMAND per line")
  private @Nullable Path file;

  @Option(
      names = "--restart",
      defaultValue = "always",
      paramLabel = "WHEN",
      description = "always, or on_failure: not after exit code 0 (default: ${DEFAULT-VALUE})")
  private SupervisorProgram.Restart restart = SupervisorProgram.Restart.ALWAYS;

  @Option(
      names = "--restarts",
      defaultValue = "10",
      paramLabel = "N",
      description =
          "how often a program is restarted in a row; then it is given up (default:"
              + " ${DEFAULT-VALUE})")
  private int restarts;

  @Option(
      names = "--healthy",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description =
          "a program that ran this long begins a new row, with the first delay (default:"
              + " ${DEFAULT-VALUE})")
  private int healthy;

  @Option(
      names = "--delay",
      defaultValue = "500",
      paramLabel = "MILLIS",
      description = "delay before the first restart; each further one doubles it (default: 500)")
  private int delay;

  @Option(
      names = "--max-delay",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "longest delay (default: ${DEFAULT-VALUE})")
  private int maxDelay;

  @Option(
      names = "--stop-timeout",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description =
          "how long a program and what it has started may take to end after SIGTERM; then they are"
              + " killed (default: ${DEFAULT-VALUE})")
  private int stopTimeout;

  @Option(
      names = "--run-timeout",
      defaultValue = "0",
      paramLabel = "SECONDS",
      description =
          "how long a program may run before it is restarted; 0 for no limit (default: 0)")
  private int runTimeout;

  @Option(
      names = "--max-line",
      defaultValue = "8192",
      paramLabel = "BYTES",
      description = "longest line of output; a longer one is split (default: ${DEFAULT-VALUE})")
  private int maxLine;

  private boolean stopping;
  private boolean givenUp;

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requireNotNegative("--restarts", restarts);
    common.requireNotNegative("--healthy", healthy);
    common.requireNotNegative("--delay", delay);
    common.requireNotNegative("--max-delay", maxDelay);
    common.requireNotNegative("--stop-timeout", stopTimeout);
    common.requireNotNegative("--run-timeout", runTimeout);
    common.requirePositive("--max-line", maxLine);
    List<SupervisorCommand> commands = commands();
    int code = ListenOptions.runUntilSignal(() -> supervise(commands), options);
    return !stopping && givenUp ? 1 : code;
  }

  private List<SupervisorCommand> commands() throws IOException {
    List<SupervisorCommand> commands = new ArrayList<>();
    try {
      programs.forEach(program -> commands.add(SupervisorCommand.ofArgument(program)));
      if (file != null) {
        commands.addAll(SupervisorCommand.ofLines(readLines(file)));
      }
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(spec.commandLine(), String.valueOf(malformed.getMessage()));
    }
    if (commands.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "nothing to run: add NAME=COMMAND or --file");
    }
    Set<String> names = new HashSet<>();
    for (SupervisorCommand command : commands) {
      if (!names.add(command.name())) {
        throw new ParameterException(
            spec.commandLine(), "two programs are named " + command.name() + ": rename one");
      }
    }
    return commands;
  }

  private static List<String> readLines(Path from) throws IOException {
    try {
      return Files.readAllLines(from);
    } catch (IOException unreadable) {
      throw FileFaults.cannot("read", from, unreadable);
    }
  }

  private SupervisorProgram.Rules rules() {
    Retry backOff =
        Retry.DEFAULT
            .withoutJitter()
            .withFirstDelay(Duration.ofMillis(delay))
            .withMaxDelay(Duration.ofSeconds(maxDelay));
    return new SupervisorProgram.Rules(
        restart,
        restarts,
        backOff,
        Duration.ofSeconds(healthy),
        Duration.ofSeconds(stopTimeout),
        runTimeout == 0 ? null : Duration.ofSeconds(runTimeout),
        maxLine);
  }

  private void supervise(List<SupervisorCommand> commands) throws IOException {
    int width = commands.stream().mapToInt(command -> command.name().length()).max().orElse(1);
    var output = new SupervisorOutput(System.out, width);
    SupervisorProgram.Rules rules = rules();
    List<SupervisorProgram> all =
        commands.stream().map(command -> new SupervisorProgram(command, rules, output)).toList();
    try {
      TaskGroup.run(group -> {
        Task<?> printing = group.createTask(output::print);
        runAll(all); // cancelled if nothing can be printed any more
        output.end();
        boolean _ = moveOnAfter(LAST_LINES, () -> awaitEnd(printing));
      });
    } catch (ExceptionGroup failed) {
      if (failed.exceptions().getFirst() instanceof IOException lost) {
        throw lost;
      }
      throw failed;
    }
  }

  private static void awaitEnd(Task<?> task) {
    Object _ = task.await();
  }

  /// Runs all programs until a signal, or until none is left.
  private void runAll(List<SupervisorProgram> all) {
    TaskGroup.run(group -> {
      addSignalHandler("HUP", () -> all.forEach(program -> program.passOn(HUP)));
      addSignalHandler("USR1", () -> all.forEach(program -> program.passOn(USR1)));
      addSignalHandler("INT", () -> stop(group, all));
      addSignalHandler("TERM", () -> stop(group, all));
      for (SupervisorProgram program : all) {
        group.createTask(() -> run(program));
      }
    });
  }

  private void run(SupervisorProgram program) {
    if (!program.run()) {
      givenUp = true;
    }
  }

  private void stop(TaskGroup group, List<SupervisorProgram> all) {
    if (stopping) {
      all.forEach(SupervisorProgram::kill);
    } else {
      stopping = true;
      group.cancel();
    }
  }
}
