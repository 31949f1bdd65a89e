package io.loop.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a scenario opened and closed, and what has to hold when all is over.
final class Ledger {

  private final Map<String, Integer> open = new TreeMap<>();
  private final List<Runnable> checks = new ArrayList<>();

  /// Notes that a stretch begins whose `finally` must run: the first thing inside the `try`.
  void enter(String name) {
    open.merge(name, 1, Integer::sum);
  }

  /// Notes that the `finally` of a stretch runs.
  void leave(String name) {
    open.merge(name, -1, Integer::sum);
    assertThat(open.get(name)).as("`finally` of %s, once each", name).isNotNegative();
  }

  /// Adds something that must hold at the end.
  void atEnd(Runnable check) {
    checks.add(check);
  }

  void balance() {
    assertThat(open.values()).as("every `finally` ran: %s", open).allMatch(count -> count == 0);
    checks.forEach(Runnable::run);
  }
}
