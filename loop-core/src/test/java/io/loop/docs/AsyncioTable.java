package io.loop.docs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The tables of `docs/asyncio.md`: asyncio's names and ours.
///
/// The types are in the packages where the page's first table says they are.
public final class AsyncioTable {

  /// A system property or a logger.
  private static final Pattern NO_JAVA_NAME = Pattern.compile("io\\.loop(\\.[a-z]+)?");

  private final List<List<String>> rows = new ArrayList<>();
  private final Map<String, String> packageOf = new LinkedHashMap<>();

  /// Reads a page.
  AsyncioTable(Page page) {
    rows.addAll(page.rows("asyncio", "Loop", "differences"));
    rows.addAll(page.rows("wanted there", "Loop", "how"));
    for (List<String> row : page.rows("package", "types")) {
      String packageName = Page.spans(row.getFirst()).getFirst();
      Page.spans(row.get(1)).forEach(type -> packageOf.put(type, packageName));
    }
  }

  /// Reads the page of this repository.
  public static AsyncioTable ofThisRepository() {
    return new AsyncioTable(Page.of("asyncio.md"));
  }

  List<List<String>> rows() {
    return rows;
  }

  /// {@return the names that are wrong: the package that the page gives has no such type, or the
  /// type has no such member}
  ///
  /// @param packages which packages to look at
  public List<String> wrongNames(Predicate<String> packages) {
    return Stream.concat(packageOf.keySet().stream(), names())
        .filter(name -> packages.test(packageOf(name)))
        .filter(this::isWrong)
        .toList();
  }

  private Stream<String> names() {
    return rows.stream()
        .flatMap(row -> Page.spans(row.get(1)).stream())
        .filter(span -> !NO_JAVA_NAME.matcher(span).matches());
  }

  /// {@return names whose type the page puts into no package}
  List<String> strayNames() {
    return names().filter(name -> packageOf(name).isEmpty()).toList();
  }

  private boolean isWrong(String span) {
    JavaName name = JavaName.parse(span);
    return name == null || !name.isIn(packageOf(span));
  }

  private String packageOf(String span) {
    JavaName name = JavaName.parse(span);
    return name == null ? "" : packageOf.getOrDefault(name.type(), "");
  }

  /// {@return rows that neither name something nor say why not}
  List<List<String>> silentRows() {
    return rows.stream()
        .filter(row -> Page.spans(row.get(1)).isEmpty())
        .filter(row -> !isExplained(row))
        .toList();
  }

  private static boolean isExplained(List<String> row) {
    return switch (row.get(1)) {
      case "not yet" -> true;
      case "none", "a method or lambda" -> !row.get(2).isEmpty();
      default -> false;
    };
  }
}
