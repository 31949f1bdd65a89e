package io.loop.libraries;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import io.loop.docs.RecipeSources;
import io.loop.docs.TestNames;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// docs/libraries.md says what these tests show.
final class LibrariesPageTest {

  private static final Pattern SPACE = Pattern.compile("\\s+");

  private final Page page = Page.of("libraries.md");
  private final List<List<String>> rows =
      page.rows("what is written", "what happens", "instead", "shown by");

  private static Map<String, String> recipes() {
    return RecipeSources.below(
        Page.root().resolve("loop-libraries").resolve(Path.of("src", "test", "java")));
  }

  private static String normalized(String code) {
    return SPACE.matcher(code).replaceAll(" ").strip();
  }

  @Test
  void everyRow_namesTestsThatExist() {
    assertThat(rows).hasSizeGreaterThan(20);
    assertThat(rows).allMatch(row -> !Page.spans(row.get(3)).isEmpty());
    List<String> named = rows.stream().flatMap(row -> Page.spans(row.get(3)).stream()).toList();
    assertThat(TestNames.of("loop-libraries").unknown(named)).isEmpty();
  }

  @Test
  void page_showsTheVeryCodeThatIsTested() {
    assertThat(recipes()).hasSizeGreaterThan(6);
    recipes()
        .forEach((name, code) ->
            assertThat(normalized(String.join("\n", page.block(name, "java"))))
                .as(name)
                .isEqualTo(normalized(code)));
  }
}
