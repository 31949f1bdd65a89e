package io.loop.report;

import io.loop.report.Results.Metric;
import io.loop.report.Results.Run;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Two runs side by side: what both have measured, and what keeps them from being comparable.
final class Comparing {

  static final List<String> HEAD =
      List.of("benchmark", "A", "B", "B ÷ A", "of forks", "of iterations", "");

  private static final String THROUGHPUT = "thrpt";

  /// What the runs of A and B have in common.
  private record Key(String benchmark, String mode, SortedMap<String, String> params) {

    static Key of(Run run) {
      return new Key(run.benchmark(), run.mode(), new TreeMap<>(run.parameters()));
    }
  }

  private final Map<Key, Run> a;
  private final Map<Key, Run> b;
  private final Collection<String> figures;
  private final Set<String> telling;

  /// @param figures the secondary results to compare, where both have them
  Comparing(Results a, Results b, Collection<String> figures) {
    this.a = byKey(a);
    this.b = byKey(b);
    this.figures = figures;
    this.telling = telling();
  }

  private static Map<Key, Run> byKey(Results results) {
    return results.runs().stream()
        .collect(Collectors.toMap(Key::of, run -> run, (first, _) -> first, LinkedHashMap::new));
  }

  /// {@return the parameters of which there is more than one value}
  private Set<String> telling() {
    Map<String, Set<String>> values = new TreeMap<>();
    both()
        .forEach(key ->
            key.params()
                .forEach((name, value) ->
                    values.computeIfAbsent(name, _ -> new LinkedHashSet<>()).add(value)));
    values.values().removeIf(some -> some.size() == 1);
    return values.keySet();
  }

  private Stream<Key> both() {
    return a.keySet().stream().filter(b::containsKey);
  }

  /// {@return the figures that both runs have in the same unit, in the order of A}
  private Stream<Change> changes() {
    return both().flatMap(key -> changes(key, run(a, key), run(b, key)));
  }

  private Stream<Change> changes(Key key, Run first, Run second) {
    String work = work(first);
    boolean lessIsBetter = !key.mode().equals(THROUGHPUT);
    Stream<Change> primary =
        change(work, first.primaryMetric(), second.primaryMetric(), lessIsBetter);
    Stream<Change> secondary =
        figures.stream()
            .flatMap(name ->
                change(work + ", " + plain(name), first.metric(name), second.metric(name), true));
    return Stream.concat(primary, secondary);
  }

  private static String plain(String figure) {
    return figure.equals(Measure.ALLOCATED) ? "bytes" : figure;
  }

  private static Stream<Change> change(
      String work, @Nullable Metric first, @Nullable Metric second, boolean lessIsBetter) {
    if (first == null || second == null || !first.scoreUnit().equals(second.scoreUnit())) {
      return Stream.empty();
    }
    return Stream.of(Change.of(work, first, second, lessIsBetter));
  }

  private String work(Run run) {
    Measure work = Measure.of(run.simpleName());
    for (var param : run.parameters().entrySet()) {
      if (telling.contains(param.getKey())) {
        work = work.with(param.getKey(), param.getValue());
      }
    }
    return work.toString();
  }

  /// {@return what the reader has to know before believing the ratios, a line each}
  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    only("A", a, b, notes);
    only("B", b, a, notes);
    note("other JVM flags in B", notes, Run::jvmArgs);
    note("not compared, the units differ", notes, run -> run.primaryMetric().scoreUnit());
    return notes;
  }

  private static void only(
      String name, Map<Key, Run> here, Map<Key, Run> there, List<String> notes) {
    here.forEach((key, run) -> {
      if (!there.containsKey(key)) {
        notes.add("only in " + name + ": " + run.simpleName() + text(key.params()));
      }
    });
  }

  private static String text(SortedMap<String, String> params) {
    return params.isEmpty() ? "" : " " + params;
  }

  private void note(String what, List<String> notes, Function<Run, @Nullable Object> property) {
    List<String> differing =
        both()
            .filter(
                key -> !Objects.equals(property.apply(run(a, key)), property.apply(run(b, key))))
            .map(key -> run(a, key).simpleName())
            .distinct()
            .toList();
    if (!differing.isEmpty()) {
      notes.add(what + ": " + String.join(", ", differing));
    }
  }

  private static Run run(Map<Key, Run> runs, Key key) {
    return Objects.requireNonNull(runs.get(key));
  }

  /// {@return the changes and the notes, for a terminal}
  @Override
  public String toString() {
    var lines = new Columns(HEAD);
    changes().forEach(change -> lines.add(change.cells()));
    var text = new StringBuilder(lines.toString());
    notes().forEach(note -> text.append("\n").append(note));
    return text.append("\n").toString();
  }
}
