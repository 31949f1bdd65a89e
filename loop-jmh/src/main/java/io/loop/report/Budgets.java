package io.loop.report;

import static io.loop.report.Measure.ALLOCATED;

import io.loop.netty.transport.Transport;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The rows of the table, in its order.
///
/// The full set has all of them; the quick set has those with a limit, and those that need no extra
/// measurement.
final class Budgets {

  private static final int MILLION = 1_000_000;
  private static final int THOUSANDS = 10_000;

  private static final String STEP =
      "In addition to the bare switch, a step uses the ready queue, the context and, once per"
          + " tick, the clock.";
  private static final String NEXT =
      "In addition to the step, there are the future, the callback that completes it and its"
          + " handle (80 bytes), and that callback runs from the ready queue.";
  private static final String SPAWN =
      "The new task and the task that waits for it are each mounted once, in separate ticks."
          + " `bareStartJoin` shows what that costs without tasks.";
  private static final String EAGER =
      "A body may suspend, so it needs its own stack, which is mounted and unmounted."
          + " `bareYield` shows what one such switch costs. From a task it takes two switches,"
          + " because only the loop's own thread mounts.";
  private static final String LIVE =
      "Not explained yet. The wheel is not touched, and the collector takes 2 % of the time."
          + " The million timers are scheduled outside a callback by the same code, which may be"
          + " compiled less well for that reason.";
  private static final String SUBMIT =
      "The ratio varies from 1.0 to 1.5 between runs. A handle that any thread may cancel"
          + " takes 48 bytes, and submitting it looks up the context. Netty queues the bare"
          + " callback.";
  private static final String SLEEPERS =
      "In addition to the JDK's thread, each sleeper has a task, its context, a timer and a"
          + " future, which the collector copies, and a somewhat deeper stack.";
  private static final String IDLE =
      "Half of it is the coroutine's frozen stack, its thread and the JDK's own objects for"
          + " the thread.";
  private static final String START =
      "Most of the difference from raw Netty is the command line: picocli's classes and"
          + " reflection.";

  private static final double TAIL = 1.1; // of raw Netty's 99th percentile

  private static final List<String> ECHO_KINDS =
      List.of("channel", "streams", "streamsInto", "streamsBuffers");
  private static final List<String> QUICK_KINDS = List.of("channel", "streams");

  /// Work of an echo server, and the limits of its processor time as multiples of raw Netty's.
  private record Cell(
      int connections, int inFlight, int size, double channel, double streams, boolean quick) {

    /// {@return connections × messages in flight × bytes, without a number in flight of 1}
    String name() {
      String bytes = size < 1024 ? size + " B" : size / 1024 + " KiB";
      return String.format(Locale.ROOT, "%,d × ", connections)
          + (inFlight == 1 ? "" : inFlight + " × ")
          + bytes;
    }

    Measure of(String kind, String transport) {
      return echo(kind, connections)
          .with("transport", transport)
          .with("inFlight", inFlight)
          .with("size", size);
    }
  }

  private static final List<Cell> CELLS =
      List.of(
          new Cell(64, 1, 64, 1.03, 1.05, true),
          new Cell(1000, 1, 64, 1.05, 1.05, true),
          new Cell(64, 1, 4096, 1.05, 1.1, false),
          new Cell(64, 1, 65_536, 1.1, 1.1, true),
          new Cell(THOUSANDS, 1, 64, 1.05, 1.05, false),
          new Cell(64, 16, 64, 1.05, 1.05, true));

  private static final List<String> ECHO_PEERS =
      List.of("rawNetty", "blockingVirtualThreads", "vertx", "vertxVirtualThread", "reactorNetty");

  private Budgets() {}

  /// {@return the rows of the full set}
  static List<Budget> full() {
    return Stream.of(
            under("Tasks", tasks()),
            under("Futures", futures()),
            under("Timers", timers()),
            under("Timeouts", timeouts()),
            under("Queues, locks and threads", sync()),
            echo(),
            under("Echo, other libraries", echoOfOthers().map(Budget::onlyInFull)),
            under("Memory and start", memoryAndStart()))
        .flatMap(rows -> rows)
        .toList();
  }

  private static Stream<Budget> under(String section, Stream<Budget> rows) {
    return rows.map(row -> row.under(section));
  }

  /// {@return the rows of the quick set}
  static List<Budget> quick() {
    Predicate<Budget> limited = row -> row.hasLimit() && row.quick();
    Set<Measure> measured =
        full().stream()
            .filter(limited)
            .flatMap(Budget::measures)
            .map(Measure::time)
            .collect(Collectors.toSet());
    Predicate<Budget> free =
        row -> row.quick() && row.measures().map(Measure::time).allMatch(measured::contains);
    return full().stream().filter(limited.or(free)).toList();
  }

  private static Budget row(String work, Measure ours) {
    return Budget.of(work, ours);
  }

  private static Stream<Budget> tasks() {
    Measure step = step("sleepZero");
    return Stream.of(
        row("step, 1,000 tasks in turn", step).atMost(1.25, step("bareParkUnpark")).note(STEP),
        row("step, 1,000 tasks in turn", step).atMost(1.1, step("jdkYield")),
        row("sleep(0), no other task ready", Measure.of("TaskStepBenchmark.sleepZeroAlone"))
            .atMost(30, "ns"),
        row("await of a done future", Measure.of("TaskStepBenchmark.awaitDone")).atMost(5, "ns"),
        row("await of a future done next tick", step("awaitNextTick"))
            .atMost(1.15, step)
            .note(NEXT),
        row("create a task and join it", spawn("createJoin"))
            .atMost(0.8, spawn("jdkStartJoin"))
            .note(SPAWN),
        row("eager task, done immediately, callback", spawn("eagerFromCallback"))
            .atMost(60, "ns")
            .note(EAGER),
        row("eager task, done immediately, task", spawn("eagerFromCoroutine"))
            .atMost(60, "ns")
            .note(EAGER),
        row("create and await 1,000 tasks, each", spawn("createThousand")).atMost(200, "ns"),
        row("create and await 1,000 tasks, each", spawn("createThousand"))
            .beside(spawn("jdkStartThousand")),
        row("group of 100 tasks, each", spawn("taskGroup100")).beside(spawn("jdkScope100")));
  }

  private static Measure step(String method) {
    return Measure.of("TaskStepBenchmark." + method).with("tasks", 1000);
  }

  private static Measure spawn(String method) {
    return Measure.of("SpawnBenchmark." + method);
  }

  private static Stream<Budget> futures() {
    Measure one = future("loopFuture");
    Measure ten = future("loopFuture10Callbacks");
    Measure chain = future("loopChain100");
    return Stream.of(
        row("future and callback", one).atMost(1, future("nettyPromise")),
        row("future and callback", one).beside(future("completableFuture")),
        row("future and callback, bytes", one.figure(ALLOCATED))
            .beside(future("nettyPromise").figure(ALLOCATED)),
        row("10 callbacks on a future, each", ten).beside(future("nettyPromise10Callbacks")),
        row("10 callbacks on a future, each", ten).beside(future("completableFuture10Callbacks")),
        row("chain of 100 futures, each", chain).beside(future("nettyChain100")),
        row("chain of 100 futures, each", chain).beside(future("completableFutureChain100")));
  }

  private static Measure future(String method) {
    return Measure.of("FutureCallbackBenchmark." + method);
  }

  private static Stream<Budget> timers() {
    Measure cancel = timer("loopScheduleCancel", MILLION);
    Measure expire = timer("loopScheduleExpire", MILLION);
    Measure million = Measure.of("TimerBenchmark.loopExpireMillion");
    return Stream.of(
        row("schedule, cancel; a million outstanding", cancel)
            .atMost(0.2, timer("hashedWheelScheduleCancel", MILLION))
            .note(LIVE),
        row("schedule, cancel; a million outstanding", cancel)
            .atMost(0.2, timer("nettyScheduleCancel", MILLION))
            .note(LIVE),
        row("schedule, cancel; a million outstanding", cancel)
            .beside(Measure.of("TimerBenchmark.readClock")),
        row("schedule, cancel; a million outstanding", cancel)
            .atMost(1.5, timer("loopScheduleCancel", 0))
            .note(LIVE),
        row("schedule, cancel; 1,000 outstanding", timer("loopScheduleCancel", 1000))
            .atMost(1.5, timer("loopScheduleCancel", 0)),
        row("schedule, cancel; bytes", cancel.figure(ALLOCATED))
            .beside(timer("nettyScheduleCancel", MILLION).figure(ALLOCATED)),
        row("schedule, expire; a million outstanding", expire)
            .atMost(1.5, timer("loopScheduleExpire", 0)),
        row("schedule, expire; 1,000 outstanding", timer("loopScheduleExpire", 1000))
            .atMost(1.5, timer("loopScheduleExpire", 0)),
        row("expire a million together, each", million).atMost(150, "ns"),
        row("expire a million together, each", million)
            .beside(Measure.of("TimerBenchmark.nettyExpireMillion")),
        row("expire a million together, each", million)
            .beside(Measure.of("TimerBenchmark.hashedWheelExpireMillion")));
  }

  private static Measure timer(String method, int outstanding) {
    return Measure.of("TimerBenchmark." + method).with("outstanding", outstanding);
  }

  private static Stream<Budget> timeouts() {
    Measure pushBack = timeout("pushBack");
    return Stream.of(
        row("timeout, future done next tick", timeout("nextTick"))
            .atMost(700, "ns")
            .atMost(0.5, timeout("jdkNextTick")),
        row("timeout, body finishes immediately", timeout("immediate")),
        row("extend an idle timeout", pushBack).atMost(15, "ns"),
        row("extend an idle timeout, bytes", pushBack.figure(ALLOCATED)).atMost(0.5, "B"),
        row("extend an idle timeout", pushBack).beside(timeout("nettyPushBack")),
        row("extend an idle timeout", pushBack).beside(timeout("nettyIdleTouch")),
        row("sleep(1 ms), 1,000 tasks", ofThousand("sleepExpire"))
            .beside(ofThousand("jdkSleepExpire")));
  }

  private static Measure timeout(String method) {
    return Measure.of("TimeoutBenchmark." + method);
  }

  private static Measure ofThousand(String method) {
    return timeout(method).with("tasks", 1000);
  }

  private static Stream<Budget> sync() {
    return Stream.of(
        row("queue, there and back, a message", Measure.of("QueueBenchmark.pingPong"))
            .atMost(1, Measure.of("QueueBenchmark.jdkPingPong")),
        row("queue, one to 10, an item", toTen("oneToMany")).beside(toTen("jdkOneToMany")),
        row("lock, uncontended", lock("uncontended")).beside(lock("jdkUncontended")),
        row("lock, 10 tasks", lock("contended")).beside(lock("jdkContended")),
        row("callSoonThreadsafe, 8 threads", fromEight("loopOnNetty"))
            .atMost(1.1, fromEight("nettyExecute"))
            .note(SUBMIT));
  }

  private static Measure toTen(String method) {
    return Measure.of("QueueBenchmark." + method).with("consumers", 10);
  }

  private static Measure lock(String method) {
    return Measure.of("LockBenchmark." + method);
  }

  private static Measure fromEight(String method) {
    return Measure.of("CallSoonThreadsafeBenchmark." + method).with("producers", 8);
  }

  /// {@return the transport of the quick set and of rows that have only one: the default of loops}
  static String transport() {
    return Transport.named("auto").toString();
  }

  /// {@return every cell on each transport of this machine, on the default one first}
  private static Stream<Budget> echo() {
    return Stream.concat(
            Stream.of(transport()),
            Transport.available().stream().map(Transport::toString).sorted())
        .distinct()
        .flatMap(transport -> under("Echo over " + transport, echoOn(transport)));
  }

  private static Stream<Budget> echoOn(String transport) {
    Stream<Budget> rows =
        Stream.concat(CELLS.stream().flatMap(cell -> echoCell(cell, transport)), idleOn(transport));
    return transport.equals(transport()) ? rows : rows.map(Budget::onlyInFull);
  }

  /// {@return the rows of a cell: processor time and tail of a channel and of each kind of stream}
  private static Stream<Budget> echoCell(Cell cell, String transport) {
    return ECHO_KINDS.stream()
        .flatMap(kind -> {
          Measure ours = cell.of(kind, transport);
          double times = kind.equals("channel") ? cell.channel() : cell.streams();
          boolean quick = cell.quick() && QUICK_KINDS.contains(kind);
          Stream<Budget> both =
              Stream.of(
                  row(kind + ", " + cell.name() + ", CPU", ours.cpu())
                      .atMost(times, ours.figure("rawNettyCpu"), ours.figure("cpuRatio")),
                  row(kind + ", " + cell.name() + ", p99", ours.figure("p99"))
                      .atMost(TAIL, ours.figure("rawNettyP99"), ours.figure("p99Ratio")));
          return quick ? both : both.map(Budget::onlyInFull);
        });
  }

  private static Stream<Budget> idleOn(String transport) {
    UnaryOperator<Measure> on = measure -> measure.with("transport", transport);
    Measure thread = on.apply(idle("rawNettyAndThread"));
    Stream<Budget> limited =
        Stream.of("channel", "streams")
            .flatMap(kind -> {
              Measure ours = on.apply(idle(kind));
              String work = kind + ", an idle connection, heap";
              return Stream.of(
                  row(work, ours).atMost(2560, "B").note(IDLE),
                  row(work, ours).atMost(1, thread).note(IDLE));
            });
    return Stream.concat(
        limited, Stream.of(row("raw Netty, an idle connection, heap", on.apply(idle("rawNetty")))));
  }

  private static Stream<Budget> echoOfOthers() {
    return Stream.of(64, 4096).flatMap(Budgets::echoOfOthers);
  }

  private static Stream<Budget> echoOfOthers(int size) {
    String bytes = size < 1024 ? size + " B, " : size / 1024 + " KiB, ";
    return Stream.of(
            besideOthers(bytes + "time", size, "wall"),
            besideOthers(bytes + "CPU", size, "cpu"),
            besideOthers(bytes + "99 % within", size, "p99"))
        .flatMap(rows -> rows);
  }

  /// {@return a row of streams for each peer, and one of a channel alone}
  private static Stream<Budget> besideOthers(String work, int size, String figure) {
    UnaryOperator<Measure> sized = measure -> measure.with("size", size).figure(figure);
    Measure streams = sized.apply(echo("streams", 64));
    return Stream.concat(
        ECHO_PEERS.stream()
            .map(peer -> sized.apply(echo(peer, 64)))
            .map(peer -> row("streams, " + work, streams).beside(peer)),
        Stream.of(row("channel, " + work, sized.apply(echo("channel", 64)))));
  }

  private static Measure echo(String method, int connections) {
    return Measure.of("EchoBenchmark." + method)
        .with("transport", transport())
        .with("connections", connections)
        .with("size", 64)
        .with("inFlight", 1);
  }

  private static Stream<Budget> memoryAndStart() {
    Measure sleepers = sleepers("sleepers");
    Measure jdkSleepers = sleepers("jdkSleepers");
    return Stream.of(
        row("a million sleeping tasks, CPU of each", sleepers.cpu())
            .atMost(0.5, jdkSleepers.cpu())
            .note(SLEEPERS),
        row("a million sleeping tasks, heap of each", sleepers.heap())
            .atMost(1.3, jdkSleepers.heap())
            .note(SLEEPERS),
        row(
            "idle connection, JDK threads, heap",
            idle("blockingVirtualThreads").with("transport", transport())),
        row("start to first accept", start("samplesEcho"))
            .atMost(1.2, start("rawNetty"))
            .note(START),
        row("start to first accept, AOT cache", start("samplesEchoAot"))
            .beside(start("rawNettyAot")),
        row("start to first accept, CDS", start("samplesEchoCds")).beside(start("rawNettyCds")));
  }

  private static Measure sleepers(String method) {
    return Measure.of("ManySleepersBenchmark." + method).with("tasks", MILLION);
  }

  private static Measure idle(String method) {
    return Measure.of("IdleConnectionBenchmark." + method).heap();
  }

  private static Measure start(String method) {
    return Measure.of("StartBenchmark." + method);
  }
}
