package io.loop.conformance;

import io.loop.Runner;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs one scenario from beginning to end, as section 7 of the format says, and returns its trace.
final class Conformance {

  /*
   *   mode drain:  DRAINING                   until nothing is left to do, twice
   *   mode run:    RUNNING --> CLOSING        the loop stops by itself; being idle means a deadlock
   */

  private enum Phase {
    DRAINING,
    RUNNING,
    CLOSING
  }

  static final String KIND_PREFIX = "scenario: ";
  private static final String SHUTDOWN = "unhandled exception during Asyncio.run() shutdown";

  private final Scenario scenario;
  private final Mode mode;
  private final Program program;
  private final Loop loop;
  private Phase phase = Phase.DRAINING;
  private List<Task<?>> leftover = List.of();

  private Conformance(Scenario scenario, Mode mode) {
    this.scenario = scenario;
    this.mode = mode;
    this.program = new Program(scenario, this::idle);
    this.loop = program.loop();
  }

  /// {@return the lines of the scenario's trace}
  static List<String> trace(Scenario scenario, Mode mode) {
    var conformance = new Conformance(scenario, mode);
    var log = ReportLog.listen(conformance::reported);
    try {
      conformance.run();
    } catch (UnsupportedScenario reason) {
      conformance.program.giveUp(reason);
    } finally {
      conformance.loop.close();
      log.close();
    }
    List<String> lines = conformance.program.lines();
    UnsupportedScenario reason = conformance.program.givenUp();
    if (reason != null) {
      lines.add("!! " + String.valueOf(reason.getMessage()).replaceAll("\\R", " "));
    }
    return lines;
  }

  private void run() {
    loop.setDebug(mode == Mode.DEBUG);
    if (mode == Mode.MANY_TICKS) {
      loop.setTicksPerPoll(256, Duration.ofNanos(100_000));
    }
    var main = new Routine(program, scenario.body("main"), List.of(), "main");
    if (scenario.isRun()) {
      runAsRunner(main);
    } else {
      drain(main);
    }
    if (scenario.reportsUnretrieved()) {
      reportUnretrieved();
    }
  }

  private void drain(Routine body) {
    Task<@Nullable Object> main = Task.create(loop, body, TaskOptions.DEFAULT);
    loop.runForever();
    List<Task<?>> pending = Task.all(loop);
    if (!pending.isEmpty()) {
      program.line("=", "pending", program.text(pending));
      pending.forEach(Task::cancel);
      loop.runForever();
      List<Task<?>> stuck = Task.all(loop);
      if (!stuck.isEmpty()) {
        program.line("=", "stuck", program.text(stuck));
      }
    }
    if (main.isDone()) {
      outcome(main);
    }
  }

  private void outcome(Task<@Nullable Object> main) {
    try {
      program.line("=", "main", "ok", program.text(main.result()));
    } catch (Throwable fault) {
      failed(main, fault);
    }
  }

  private void failed(LoopFuture<?> main, Throwable fault) {
    program.line("=", "main", main.isCancelled() ? "cancelled" : "error", program.text(fault));
  }

  private void runAsRunner(Routine body) {
    var runner =
        new Runner(
            Runner.Options.DEFAULT
                .withLoopFactory(() -> loop)
                .withDebug(mode == Mode.DEBUG)
                .withoutSignals());
    phase = Phase.RUNNING;
    try (runner) {
      runMain(runner, body);
      phase = Phase.CLOSING;
      leftover = Task.all(loop);
      if (!leftover.isEmpty()) {
        program.line("=", "leftover", program.text(leftover));
      }
    } catch (IllegalStateException stuck) {
      // closing gave up waiting for them, and idle() has told so
    }
  }

  private void runMain(Runner runner, Routine body) {
    Object result;
    try {
      result = runner.run(body);
    } catch (Throwable fault) {
      LoopFuture<?> main = Objects.requireNonNull(program.created().getFirst());
      if (main.isDone()) {
        failed(main, fault);
      }
      return;
    }
    program.line("=", "main", "ok", program.text(result));
  }

  /// Nothing is ready and no timer is set.
  private void idle() {
    loop.stop();
    switch (phase) {
      case DRAINING -> {}
      case RUNNING -> program.line("=", "deadlock", program.text(Task.all(loop)));
      case CLOSING -> {
        List<Task<?>> stuck = leftover.stream().filter(task -> !task.isDone()).toList();
        program.line("=", "stuck", program.text(stuck));
        leftover.forEach(this::reportShutdown);
      }
    }
  }

  private void reportShutdown(Task<?> task) {
    Throwable fault = !task.isDone() || task.isCancelled() ? null : task.exception();
    if (fault != null) {
      loop.callExceptionHandler(
          new ExceptionContext(SHUTDOWN, fault, Map.of("task", task), task.getContext()));
    }
  }

  private void reported(String message, @Nullable Throwable fault) {
    String kind = kind(message);
    if (kind != null) {
      program.trace("handler", kind, program.text(fault));
    }
  }

  /// {@return the kind of a report, or null if it is of no kind that traces show}
  static @Nullable String kind(String message) {
    if (message.startsWith(KIND_PREFIX)) {
      return message.substring(KIND_PREFIX.length());
    } else if (message.startsWith("Exception in callback")) {
      return "callback";
    } else if (message.startsWith("Unhandled error in exception handler")) {
      return "handler_error";
    }
    return message.startsWith(SHUTDOWN) ? "shutdown" : null;
  }

  private void reportUnretrieved() {
    List<@Nullable LoopFuture<?>> created = program.created();
    for (LoopFuture<?> future : created.subList(1, created.size())) {
      if (future != null && future.isUnread()) {
        reportUnretrieved(future);
      }
    }
  }

  /// {@return whether a task failed with this only because closing the loop unwound it}
  private static boolean isUnwound(Throwable fault) {
    return fault instanceof UnsupportedScenario
        || (fault instanceof ExceptionGroup group
            && group.exceptions().stream().anyMatch(Conformance::isUnwound));
  }

  private void reportUnretrieved(LoopFuture<?> future) {
    Throwable fault = future.exception();
    if (!isUnwound(fault)) {
      String label = program.text(future);
      program.line("=", "unretrieved", label.substring(1, label.length() - 1), program.text(fault));
    }
  }
}
