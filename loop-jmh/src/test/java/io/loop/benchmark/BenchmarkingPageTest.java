package io.loop.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// docs/benchmarking.md shows the project that `.ci/benchmark-project/run` builds.
class BenchmarkingPageTest {

  private static final Path PROJECT = Page.root().resolve(Path.of(".ci", "benchmark-project"));

  private final Page page = Page.of("benchmarking.md");

  @Test
  void page_showsTheBenchmark() throws IOException {
    Path source = PROJECT.resolve(Path.of("src", "main", "java", "bench", "HopBenchmark.java"));

    assertThat(page.block("benchmark", "java")).isEqualTo(Files.readAllLines(source));
  }

  @Test
  void page_showsPartsOfThePom() throws IOException {
    List<String> pom = Files.readAllLines(PROJECT.resolve("pom.xml"));

    assertThat(stripped(pom)).containsSequence(stripped(page.block("dependency", "xml")));
    assertThat(stripped(pom)).containsSequence(stripped(page.block("processor", "xml")));
  }

  private static List<String> stripped(List<String> lines) {
    return lines.stream().map(String::strip).toList();
  }
}
