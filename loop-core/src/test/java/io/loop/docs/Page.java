package io.loop.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A page of the documentation, read as tables and blocks of code.
public final class Page {

  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
  private static final Pattern COLUMN = Pattern.compile("(?<!\\\\)\\|");

  private final List<String> lines;

  private Page(List<String> lines) {
    this.lines = lines;
  }

  /// {@return a page in the directory `docs` of the repository}
  public static Page of(String name) {
    return new Page(readLines(root().resolve("docs").resolve(name)));
  }

  static Page ofLines(String... lines) {
    return new Page(List.of(lines));
  }

  /// {@return the root of the repository} Each module is a directory below it.
  public static Path root() {
    String module = Objects.requireNonNullElse(System.getProperty("basedir"), ".");
    return Objects.requireNonNull(Path.of(module).toAbsolutePath().normalize().getParent());
  }

  static List<String> readLines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  /// {@return the cells of the rows of every table with this header}
  public List<List<String>> rows(String... header) {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : lines) {
      if (!line.startsWith("|")) {
        inside = false;
      } else if (cells(line).equals(List.of(header))) {
        inside = true;
      } else if (inside && !line.startsWith("|---")) {
        rows.add(cells(line));
      }
    }
    return rows;
  }

  private static List<String> cells(String row) {
    return COLUMN.splitAsStream(row.strip()).skip(1).map(String::strip).toList();
  }

  /// {@return what stands between back-ticks in a cell}
  public static List<String> spans(String cell) {
    return matches(SPAN, cell).map(span -> span.group(1)).toList();
  }

  private static Stream<MatchResult> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results();
  }

  /// {@return the names of the recipes on this page, in order}
  List<String> recipes() {
    return lines.stream()
        .filter(line -> line.startsWith("<!-- recipe: "))
        .map(line -> line.replace("<!-- recipe: ", "").replace(" -->", ""))
        .toList();
  }

  /// {@return the lines of a recipe's block of code}
  ///
  /// @param recipe the recipe's name
  /// @param language what stands behind the opening fence
  public List<String> block(String recipe, String language) {
    int start = lines.indexOf("<!-- recipe: " + recipe + " -->");
    if (start < 0) {
      throw new IllegalArgumentException("no recipe " + recipe + " on the page");
    }
    List<String> rest = lines.subList(start + 1, lines.size());
    int opening = rest.indexOf("```" + language);
    int next = nextHeading(rest);
    if (opening < 0 || opening > next) {
      throw new IllegalArgumentException("no block " + language + " in recipe " + recipe);
    }
    List<String> body = rest.subList(opening + 1, rest.size());
    return body.subList(0, body.indexOf("```"));
  }

  private static int nextHeading(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("##")) {
        return i;
      }
    }
    return lines.size();
  }
}
