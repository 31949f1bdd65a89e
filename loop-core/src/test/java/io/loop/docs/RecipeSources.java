package io.loop.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The marked regions of the tests: from `// recipe: name` to `// end`.
///
/// Regions of one name are one recipe, in the order of the file.
public final class RecipeSources {

  private static final String START = "// recipe: ";
  private static final String END = "// end";

  private RecipeSources() {}

  /// {@return the code of each recipe below a directory, by name}
  public static Map<String, String> below(Path directory) {
    Map<String, List<String>> recipes = new LinkedHashMap<>();
    for (Path file : javaFiles(directory)) {
      collect(Page.readLines(file), recipes);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    recipes.forEach((name, lines) -> texts.put(name, String.join("\n", lines)));
    return texts;
  }

  static List<Path> javaFiles(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  static void collect(List<String> lines, Map<String, List<String>> recipes) {
    List<String> region = null;
    for (String line : lines) {
      String text = line.strip();
      if (text.startsWith(START)) {
        region = recipes.computeIfAbsent(text.substring(START.length()), _ -> new ArrayList<>());
      } else if (text.equals(END)) {
        region = null;
      } else if (region != null) {
        region.add(line);
      }
    }
  }
}
