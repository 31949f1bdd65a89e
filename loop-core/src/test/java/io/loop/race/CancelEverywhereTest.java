package io.loop.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.loop.event.ExceptionContext;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each scenario is run once to count the ticks of its victim's life, then once for each of them
/// with the victim cancelled there, and once for each pair of them with a second request.
///
/// Between two ticks the victim is suspended, so no suspension point is left out; one that lasts
/// several ticks is tried as often.
@Tag("slow")
final class CancelEverywhereTest {

  private static final Duration GRID = Duration.ofMillis(1);

  /// How long, on the virtual clock, a cancelled scenario may take to end.
  private static final Duration CLEAN_UP = Duration.ofMillis(2);

  private static final int NEVER = -1;
  private static final int MAX_TICKS = 1_000;
  private static final StringBuilder SUMMARY = new StringBuilder();

  /// A scenario's body.
  @FunctionalInterface
  interface Body {
    void run(Ledger ledger) throws Exception;
  }

  static Stream<Arguments> scenarios() {
    return Stream.of(
        scenario("producer and consumers", Scenarios::producerAndConsumers),
        scenario("nested groups", Scenarios::nestedGroups),
        scenario("gather in a timeout", Scenarios::gatherInTimeout),
        scenario("lock and condition", Scenarios::lockAndCondition),
        scenario("semaphore pool", Scenarios::semaphorePool),
        scenario("barrier", Scenarios::barrierRendezvous),
        scenario("stream echo", Scenarios::streamEcho),
        scenario("shielded clean-up", Scenarios::shieldedCleanUp),
        scenario("asCompleted with timeout", Scenarios::completedWithTimeout),
        scenario("retries", Scenarios::retries),
        scenario("sender of a channel", ChannelScenarios::sender),
        scenario("receiver of a channel", ChannelScenarios::receiver),
        scenario("broadcast", ChannelScenarios::broadcast),
        scenario("limiters", ChannelScenarios::limiters),
        scenario("Retry", ChannelScenarios::retry),
        scenario("getter of a SharedQueue", SharedScenarios::getter),
        scenario("putter of a SharedQueue", SharedScenarios::putter),
        scenario("SharedLock", SharedScenarios::lock),
        scenario("generators", ScopeScenarios::generators),
        scenario("exit stack", ScopeScenarios::exitStack));
  }

  private static Arguments scenario(String name, Body body) {
    return arguments(name, body);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  void cancel_atEveryTick_leavesNothingBehind(String name, Body body) {
    int points = run(body, NEVER, NEVER);
    assertThat(points).isGreaterThan(3);
    for (int first = 0; first < points; first++) {
      attempt(name, body, first, NEVER);
    }
    for (int first = 1; first < points; first++) {
      for (int second = first + 1; second < first + 4; second++) {
        attempt(name, body, first, second);
      }
    }
    SUMMARY.append(" ").append(name).append(" ").append(points).append(",");
  }

  private static void attempt(String name, Body body, int first, int second) {
    try {
      run(body, first, second);
    } catch (Exception | AssertionError fault) {
      String again = second == NEVER ? "" : " and " + second;
      throw new AssertionError(name + ", cancelled before tick " + first + again, fault);
    }
  }

  /// Runs a scenario tick by tick.
  ///
  /// @return how many ticks the victim lived
  private static int run(Body body, int first, int second) {
    var manual = new ManualLoop();
    List<ExceptionContext> reports = new ArrayList<>();
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
    var ledger = new Ledger();
    Task<?> victim =
        Task.create(manual.loop(), Coro.of(() -> body.run(ledger)), TaskOptions.DEFAULT);
    int life = 0;
    boolean accepted = false;
    Duration limit = manual.loop().time().plusSeconds(10);
    for (int tick = 0; !Task.all(manual.loop()).isEmpty(); tick++) {
      if (tick == first || tick == second) {
        limit = victim.cancel() ? manual.loop().time().plus(CLEAN_UP) : limit;
        accepted |= victim.cancelling() > 0;
      }
      if (manual.isIdle()) {
        manual.clock().advance(GRID);
      }
      manual.tick();
      life += victim.isDone() ? 0 : 1;
      assertThat(tick).as("all end; left: %s", Task.all(manual.loop())).isLessThan(MAX_TICKS);
    }
    assertThat(manual.loop().time()).as("the end comes soon").isLessThanOrEqualTo(limit);
    check(manual, victim, accepted);
    ledger.balance();
    manual.close();
    assertThat(reports).as("nothing is reported").isEmpty();
    return life;
  }

  private static void check(ManualLoop manual, Task<?> victim, boolean accepted) {
    assertThat(victim.isCancelled()).as("cancelled, as cancel() said").isEqualTo(accepted);
    if (!accepted) {
      victim.result(); // the scenario's own checks
    }
    Duration end = manual.clock().time();
    manual.runUntilIdle();
    assertThat(manual.clock().time()).as("no timer is left").isEqualTo(end);
  }

  @AfterAll
  static void tell() {
    System.out.println(
        "cancelled at every tick, and twice up to 3 ticks apart; ticks of each victim:" + SUMMARY);
    SUMMARY.setLength(0);
  }
}
