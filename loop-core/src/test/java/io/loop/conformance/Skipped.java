package io.loop.conformance;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The scenarios that are not compared, each with the reason.
final class Skipped {

  private static final Map<String, String> AREAS =
      Map.ofEntries(
          Map.entry("barrier", "synchronization is not there yet"),
          Map.entry("condition", "synchronization is not there yet"),
          Map.entry("event", "synchronization is not there yet"),
          Map.entry("lock", "synchronization is not there yet"),
          Map.entry("semaphore", "synchronization is not there yet"),
          Map.entry("queue", "queues are not there yet"),
          Map.entry("wait", "wait is not there yet"),
          Map.entry("ascompleted", "as_completed is not there yet"));

  private static final Map<String, String> SCENARIOS =
      Map.ofEntries(
          Map.entry("mix/workers-pool", "queues are not there yet"),
          Map.entry("mix/first-wins", "wait is not there yet"),
          Map.entry("mix/semaphore-and-timeout", "synchronization is not there yet"),
          Map.entry("mix/group-of-queues", "queues are not there yet"),
          Map.entry("mix/condition-buffer", "synchronization is not there yet"));

  private Skipped() {}

  /// {@return why a scenario is not compared, or null if it is}
  static @Nullable String reason(String area, String scenario) {
    return SCENARIOS.getOrDefault(scenario, AREAS.get(area));
  }
}
