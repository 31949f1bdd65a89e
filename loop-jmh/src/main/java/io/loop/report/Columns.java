package io.loop.report;

import java.util.ArrayList;
import java.util.List;

/// Lines of cells, aligned for a terminal.
final class Columns {

  private sealed interface Line {}

  private record Cells(List<String> cells) implements Line {}

  private record Heading(String text) implements Line {}

  private final List<String> head;
  private final List<Line> lines = new ArrayList<>();

  /// @param head the names of the columns
  Columns(List<String> head) {
    this.head = head;
  }

  /// @param cells one for each column
  void add(List<String> cells) {
    lines.add(new Cells(cells));
  }

  void heading(String text) {
    lines.add(new Heading(text));
  }

  /// {@return the lines below the names of the columns}
  @Override
  public String toString() {
    int[] widths = head.stream().mapToInt(String::length).toArray();
    for (Line line : lines) {
      if (line instanceof Cells(var cells)) {
        for (int column = 0; column < widths.length; column++) {
          widths[column] = Math.max(widths[column], cells.get(column).length());
        }
      }
    }
    var text = new StringBuilder(aligned(head, widths));
    for (Line line : lines) {
      text.append(
          switch (line) {
            case Heading(var heading) -> "\n" + heading + "\n";
            case Cells(var cells) -> aligned(cells, widths);
          });
    }
    return text.toString();
  }

  private static String aligned(List<String> cells, int[] widths) {
    var line = new StringBuilder("  ");
    for (int column = 0; column < widths.length; column++) {
      line.append(cells.get(column)).repeat(' ', widths[column] - cells.get(column).length() + 2);
    }
    return line.toString().stripTrailing() + "\n";
  }
}
