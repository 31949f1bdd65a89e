package io.loop.docs;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/// The tests of some modules, by the names that pages give them: `SeedTest.sleep_zero_suspends`.
public final class TestNames {

  private final Map<String, String> packages;

  private TestNames(Map<String, String> packages) {
    this.packages = packages;
  }

  /// {@return the tests of modules, all of which must be on the class path}
  ///
  /// @param modules the names of their directories
  public static TestNames of(String... modules) {
    return new TestNames(
        Stream.of(modules)
            .map(module -> Page.root().resolve(module).resolve(Path.of("src", "test", "java")))
            .flatMap(tests -> RecipeSources.javaFiles(tests).stream().map(tests::relativize))
            .map(file -> file.toString().replace(".java", "").replace('/', '.'))
            .collect(Collectors.toMap(TestNames::simpleName, name -> name, (a, _) -> a)));
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  /// {@return those of the names that are no tests}
  public List<String> unknown(List<String> names) {
    return names.stream().filter(name -> !isTest(name)).toList();
  }

  boolean isTest(String name) {
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
      return Class.forName(className, false, TestNames.class.getClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new LinkageError(className, missing);
    }
  }
}
