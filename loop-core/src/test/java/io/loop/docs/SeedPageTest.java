package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class SeedPageTest {

  private static final Path TESTS =
      Page.root().resolve("loop-core").resolve(Path.of("src", "test", "java"));

  private final List<List<String>> rows =
      Page.of("seed.md").rows("in the seed", "here", "shown by", "since then");

  private final Map<String, String> packages =
      RecipeSources.javaFiles(TESTS).stream()
          .map(file -> TESTS.relativize(file).toString().replace(".java", "").replace('/', '.'))
          .collect(Collectors.toMap(SeedPageTest::simpleName, name -> name, (a, _) -> a));

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  @Test
  void everyRow_namesATest() {
    assertThat(rows).hasSizeGreaterThan(15);
    assertThat(rows).allMatch(row -> !Page.spans(row.get(2)).isEmpty());
  }

  @Test
  void everyTestNamed_exists() {
    assertThat(rows)
        .flatMap(row -> Page.spans(row.get(2)))
        .allSatisfy(test -> assertThat(isTest(test)).as(test).isTrue());
  }

  @Test
  void isTest_helperOrUnknownMethod_isNone() {
    assertThat(isTest("SeedTest.close")).isFalse();
    assertThat(isTest("SeedTest.nothing_likeThis_exists")).isFalse();
    assertThat(isTest("NoSuchTest.close")).isFalse();
  }

  private boolean isTest(String name) {
    String[] parts = name.split("\\.", -1);
    String className = packages.get(parts[0]);
    return className != null
        && parts.length == 2
        && Arrays.stream(load(className).getDeclaredMethods())
            .filter(method -> method.getName().equals(parts[1]))
            .anyMatch(method ->
                method.isAnnotationPresent(Test.class)
                    || method.isAnnotationPresent(ParameterizedTest.class));
  }

  private static Class<?> load(String className) {
    try {
      return Class.forName(className, false, SeedPageTest.class.getClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new LinkageError(className, missing);
    }
  }
}
