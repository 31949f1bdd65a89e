package io.loop.race;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Cancelling against completing, for everything in this module that awaits: exactly one of them
/// has its way, and nothing is lost in either case.
///
/// `-Dio.loop.races=1000000` sets the number of trials, `-Dio.loop.races.seed=7` the seed.
@Tag("slow")
final class CancelRacesTest {

  private static final StringBuilder SUMMARY = new StringBuilder();

  static Stream<Arguments> races() {
    return Stream.of(
        race("sleep", TaskRaces::sleeping),
        race("await future", TaskRaces::future),
        race("await task", TaskRaces::task),
        race("gather", TaskRaces::gathering),
        race("wait", TaskRaces::waiting),
        race("waitFor", TaskRaces::waitingFor),
        race("shield", TaskRaces::shielding),
        race("asCompleted", TaskRaces::completing),
        race("timeout, body first", TaskRaces::timeoutOfTheBody),
        race("timeout, time up", TaskRaces::timeoutOfTime),
        race("TaskGroup", TaskRaces::group),
        race("Queue.get", QueueRaces::get),
        race("Queue.put", QueueRaces::put),
        race("Queue.join", QueueRaces::join),
        race("Lock", SyncRaces::lock),
        race("Semaphore", SyncRaces::semaphore),
        race("Event", SyncRaces::event),
        race("Condition", SyncRaces::condition),
        race("Barrier", SyncRaces::barrier),
        race("CapacityLimiter", SyncRaces::capacity),
        race("RateLimiter", SyncRaces::rate),
        race("SharedQueue.get", SharedRaces::get),
        race("SharedQueue.put", SharedRaces::put),
        race("SharedLock", SharedRaces::lock),
        race("Receiver", ChannelRaces::receive),
        race("Sender", ChannelRaces::send),
        race("Broadcast", ChannelRaces::broadcast),
        race("Subscription", ChannelRaces::subscription),
        race("Watcher", ChannelRaces::watched),
        race("read", StreamRaces::read),
        race("readLine", StreamRaces::readLine),
        race("readExactly", StreamRaces::readExactly),
        race("drain", StreamRaces::drain),
        race("waitClosed", StreamRaces::waitClosed),
        race("Generator", ScopeScenarios::generator));
  }

  private static Arguments race(String name, Trials.Maker maker) {
    return arguments(name, maker);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("races")
  void cancel_againstCompletion_hasOneOutcomeAndLosesNothing(String name, Trials.Maker maker) {
    SUMMARY.append(Trials.run(name, maker));
  }

  @AfterAll
  static void tell() {
    System.out.println(Trials.header() + SUMMARY);
    SUMMARY.setLength(0);
  }
}
