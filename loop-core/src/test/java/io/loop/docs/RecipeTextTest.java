package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class RecipeTextTest {

  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Path SOURCES = Path.of("src", "test", "java", "io", "loop");

  private final Page page = Page.of("asyncio.md");

  private static Map<String, String> recipes() {
    Map<String, String> recipes = new LinkedHashMap<>();
    recipes.putAll(RecipeSources.below(Page.root().resolve("loop-core").resolve(SOURCES)));
    recipes.putAll(RecipeSources.below(Page.root().resolve("loop-netty").resolve(SOURCES)));
    ProgramTextTest.programs()
        .forEach((name, lines) -> recipes.put(name, String.join("\n", lines)));
    return recipes;
  }

  private static String normalized(String code) {
    return SPACE.matcher(code).replaceAll(" ").strip();
  }

  @Test
  void page_hasEveryRecipeThatIsTestedAndNoOther() {
    assertThat(page.recipes()).hasSizeGreaterThanOrEqualTo(20).doesNotHaveDuplicates();
    assertThat(page.recipes()).containsExactlyInAnyOrderElementsOf(recipes().keySet());
  }

  @Test
  void page_showsTheVeryCodeThatIsTested() {
    recipes()
        .forEach((name, code) ->
            assertThat(normalized(String.join("\n", page.block(name, "java"))))
                .as(name)
                .isEqualTo(normalized(code)));
  }

  @Test
  void page_showsEachRecipeInPythonFirst() {
    for (String name : page.recipes()) {
      assertThat(page.block(name, "python")).as(name).isNotEmpty();
      assertThat(page.block(name, "text")).as(name).isNotEmpty();
    }
  }

  @Test
  void collect_regionsOfOneName_joinsThemInOrder() {
    Map<String, List<String>> found = new LinkedHashMap<>();

    RecipeSources.collect(
        List.of("// recipe: x", "a", "// end", "b", "  // recipe: x", "  c", "  // end"), found);

    assertThat(found).isEqualTo(Map.of("x", List.of("a", "  c")));
  }
}
