package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.coroutine.Coroutine;
import io.loop.event.ExceptionContext;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Runs one kind of race many times, on one loop.
///
/// A trial starts a victim, and completes and cancels it at ticks that the seed chooses, in either
/// order, also in one tick, sometimes before it has begun to wait. In one trial of ten one of the
/// two comes from another thread; when it arrives is then the machine's choice.
final class Trials {

  /*
   * The rule for every race: the victim ends cancelled if and only if `cancel` said true. It says so
   * exactly when the victim was not done, and a victim that waits once and declines nothing must
   * then be cancelled, even if its value was on its way: the value has to be where the next one
   * finds it, which is what Race.settle looks for.
   */

  private static final Duration TICK = Duration.ZERO;
  private static final int PATIENCE_TICKS = 50;
  private static final int MAX_DISTANCE = 3;
  private static final int SHARE_FROM_OTHER_THREADS = 10;
  private static final long SEED = Long.getLong("io.loop.races.seed", 20_261_122);

  /// Makes a race; called in a coroutine.
  @FunctionalInterface
  interface Maker {
    Race make(ManualLoop loop, Random random) throws Exception;
  }

  private final String name;
  private final Maker maker;
  private final ManualLoop manual = new ManualLoop();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private final Random random;
  private int values;
  private int cancelled;
  private int fromOtherThreads;

  private Trials(String name, Maker maker) {
    this.name = name;
    this.maker = maker;
    this.random = new Random(SEED + name.hashCode());
  }

  /// {@return how many trials of each race there are: on the portable carrier a tenth, since each
  /// step costs two switches of threads}
  static int count() {
    return Integer.getInteger("io.loop.races", Coroutine.isPortable() ? 1_000 : 10_000);
  }

  /// {@return the line that closes a run}
  static String header() {
    return "races: " + count() + " of each, seed " + SEED + "; values+cancelled(threads):";
  }

  /// Runs all trials.
  ///
  /// @return what happened how often
  static String run(String name, Maker maker) {
    return new Trials(name, maker).run();
  }

  private String run() {
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      manual.run(() -> trials(thread));
    }
    Duration end = manual.clock().time();
    manual.runUntilIdle();
    assertThat(manual.clock().time()).as("%s: no timer is left", name).isEqualTo(end);
    manual.close();
    assertThat(reports).as("%s: nothing is reported", name).isEmpty();
    assertThat(values).as("%s: both outcomes happen", name).isPositive();
    assertThat(cancelled).as("%s: both outcomes happen", name).isPositive();
    return " " + name + " " + values + "+" + cancelled + "(" + fromOtherThreads + ")";
  }

  private void trials(ExecutorService thread) {
    for (int i = 0; i < count(); i++) {
      var plan = new Plan(random, i % SHARE_FROM_OTHER_THREADS == 0);
      try {
        trial(plan, thread);
      } catch (Exception | AssertionError fault) {
        String text = "%s, trial %d of seed %d, %s".formatted(name, i, SEED, plan);
        throw new AssertionError(text, fault);
      }
    }
  }

  /// When the two actions of a trial happen, in ticks after the victim's start, and how.
  private static final class Plan {
    private final int completeAt;
    private final int cancelAt;
    private final boolean cancelFirst;
    private final boolean[] later;
    private final boolean[] elsewhere;
    private boolean completed;
    private boolean accepted;
    private boolean cancelDone;
    private Exception fault;

    Plan(Random random, boolean otherThread) {
      int start = random.nextInt(3);
      completeAt = start + random.nextInt(MAX_DISTANCE + 1);
      cancelAt = start + random.nextInt(MAX_DISTANCE + 1);
      cancelFirst = random.nextBoolean();
      later = new boolean[] {random.nextInt(3) == 0, random.nextInt(3) == 0};
      int which = random.nextInt(3);
      elsewhere = new boolean[] {otherThread && which != 0, otherThread && which != 1};
    }

    boolean isOver() {
      return completed && cancelDone;
    }

    @Override
    public String toString() {
      return "complete at %d%s, cancel at %d%s, %s first"
          .formatted(completeAt, how(0), cancelAt, how(1), cancelFirst ? "cancel" : "complete");
    }

    private String how(int action) {
      return elsewhere[action] ? " by another thread" : later[action] ? " by callSoon" : "";
    }
  }

  private void trial(Plan plan, ExecutorService thread) throws Exception {
    Race race = maker.make(manual, random);
    Task<Object> victim = createTask(race::await);
    Coro.Action complete = () -> issue(plan, 0, thread, () -> complete(race, plan));
    Coro.Action cancel =
        () ->
            issue(
                plan,
                1,
                thread,
                () -> {
                  plan.accepted = victim.cancel();
                  plan.cancelDone = true;
                });
    for (int tick = 0; tick <= Math.max(plan.completeAt, plan.cancelAt); tick++) {
      for (boolean isCancel : new boolean[] {plan.cancelFirst, !plan.cancelFirst}) {
        if (tick == (isCancel ? plan.cancelAt : plan.completeAt)) {
          (isCancel ? cancel : complete).run();
        }
      }
      sleep(TICK);
    }
    judge(race, plan, victim);
  }

  private static void complete(Race race, Plan plan) {
    try {
      race.complete();
    } catch (Exception fault) {
      plan.fault = fault;
    } finally {
      plan.completed = true;
    }
  }

  private void issue(Plan plan, int which, ExecutorService thread, Runnable action) {
    if (plan.elsewhere[which]) {
      fromOtherThreads++;
      // In a callback: the executor may block its caller, which would leave the loop idle, and the
      // clock would jump.
      manual
          .loop()
          .callSoon(() -> thread.execute(() -> manual.loop().callSoonThreadsafe(action::run)));
    } else if (plan.later[which]) {
      manual.loop().callSoon(action::run);
    } else {
      action.run();
    }
  }

  private void judge(Race race, Plan plan, Task<Object> victim) throws Exception {
    while (!plan.isOver()) {
      sleep(TICK); // the other thread's share
    }
    if (plan.fault != null) {
      throw plan.fault;
    }
    awaitEnd(victim, "the victim");
    assertThat(victim.isCancelled()).as("cancelled, as cancel() said").isEqualTo(plan.accepted);
    if (victim.isCancelled()) {
      cancelled++;
    } else {
      values++;
    }
    race.settle(victim.isCancelled() ? null : victim.result());
    assertThat(Task.all()).as("only the test's own task is left").hasSize(1);
    assertThat(reports).as("nothing is reported").isEmpty();
  }

  /// Gives a task some ticks to end; time does not move.
  static void awaitEnd(Task<?> task, String who) {
    for (int tick = 0; tick < PATIENCE_TICKS && !task.isDone(); tick++) {
      sleep(TICK);
    }
    assertThat(task.isDone()).as("%s ends", who).isTrue();
  }
}
