package io.loop.report;

import io.loop.report.Verdict.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The rows with their figures, for a terminal.
final class Table {

  /*
   * Cells of a row: work, ours, peer, ratio, budget, mark. A row with two limits takes two lines,
   * and only the first has the mark. Cells that are the same as in the line above are left out.
   */

  private static final List<String> HEAD = List.of("work", "ours", "peer", "ratio", "budget", "");

  private final Columns lines = new Columns(HEAD);
  private final List<Verdict> verdicts;

  Table(List<Verdict> verdicts) {
    this.verdicts = verdicts;
    String section = "";
    List<String> above = HEAD;
    for (Verdict verdict : verdicts) {
      if (!verdict.budget().section().equals(section)) {
        section = verdict.budget().section();
        lines.heading(section);
        above = HEAD;
      }
      for (List<String> cells : cells(verdict)) {
        boolean again = cells.subList(0, 2).equals(above.subList(0, 2));
        lines.add(again ? withoutOurs(cells) : cells);
        above = cells;
      }
    }
  }

  private static List<String> withoutOurs(List<String> cells) {
    var rest = new ArrayList<>(cells);
    rest.set(0, "");
    rest.set(1, "");
    return rest;
  }

  /// {@return the cells of a row, a list for each line}
  static List<List<String>> cells(Verdict verdict) {
    List<List<String>> lines = new ArrayList<>();
    for (Comparison comparison : verdict.comparisons()) {
      boolean last = lines.size() == verdict.comparisons().size() - 1;
      lines.add(
          List.of(
              verdict.budget().work(),
              verdict.ours() == null ? "–" : verdict.ours().full(),
              peer(verdict, comparison),
              comparison.ratio(),
              comparison.limit() + (last ? "" : " or"),
              lines.isEmpty() ? verdict.mark().toString() : ""));
    }
    return lines;
  }

  private static String peer(Verdict verdict, Comparison comparison) {
    Measure peer = comparison.limit().peer();
    if (peer == null) {
      return "";
    }
    String figure = comparison.peer() == null ? "–" : comparison.peer().brief();
    return peer.besides(verdict.budget().ours()) + " " + figure;
  }

  /// {@return the number of rows with each mark}
  String summary() {
    Map<Mark, Long> counts =
        verdicts.stream()
            .collect(Collectors.groupingBy(Verdict::mark, TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .map(count -> count.getValue() + " " + count.getKey())
        .collect(Collectors.joining(", "));
  }

  /// {@return the table, with headings, aligned}
  @Override
  public String toString() {
    return lines + "\n" + summary() + "\n";
  }
}
