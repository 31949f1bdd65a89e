package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The programs of `docs/asyncio`, which the page shows whole. What they print is looked at where
/// they are run, in `samples`.
final class ProgramTextTest {

  private final Page page = Page.of("asyncio.md");

  /// {@return the lines of each program in Java, by its name on the page}
  static Map<String, List<String>> programs() {
    Map<String, List<String>> programs = new LinkedHashMap<>();
    for (Path file : RecipeSources.javaFiles(directory())) {
      String name = file.getFileName().toString().replace(".java", "");
      programs.put(name.toLowerCase(Locale.ROOT), Page.readLines(file));
    }
    return programs;
  }

  private static Path directory() {
    return Page.root().resolve("docs").resolve("asyncio");
  }

  private static List<String> python(String name) {
    return Page.readLines(directory().resolve(name + ".py"));
  }

  private static long lines(List<String> program) {
    return program.stream()
        .filter(line -> !line.isBlank())
        .filter(line -> !line.startsWith("import ") && !line.startsWith("from "))
        .count();
  }

  @Test
  void page_showsEachProgramInBothLanguages() {
    assertThat(programs()).hasSize(10);
    programs()
        .forEach((name, java) -> {
          assertThat(page.block(name, "java")).isEqualTo(java);
          assertThat(page.block(name, "python")).isEqualTo(python(name));
        });
  }

  @Test
  void page_countsTheLinesOfEachProgram() {
    List<List<String>> rows = page.rows("program", "Python", "Java");

    assertThat(rows).hasSameSizeAs(programs().keySet());
    for (List<String> row : rows) {
      String name = row.getFirst().substring(1, row.getFirst().indexOf(']'));
      assertThat(row.subList(1, 3))
          .as(name)
          .containsExactly(
              Long.toString(lines(python(name))), Long.toString(lines(programs().get(name))));
    }
  }

  @Test
  void programs_areAtMostAFifthLongerThanInPython() {
    programs()
        .forEach((name, java) ->
            assertThat(lines(java)).as(name).isLessThanOrEqualTo(lines(python(name)) * 6 / 5));
  }
}
