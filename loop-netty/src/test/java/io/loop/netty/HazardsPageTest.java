package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.Page;
import io.loop.docs.TestNames;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HazardsPageTest {

  private final List<List<String>> rows =
      Page.of("hazards.md").rows("no.", "what goes wrong", "here", "shown by");

  @Test
  void numbers_areComplete() {
    assertThat(rows)
        .extracting(List::getFirst)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, rows.size()).mapToObj(String::valueOf).toList());
  }

  @Test
  void everyTestNamed_exists() {
    List<String> named = rows.stream().flatMap(row -> Page.spans(row.get(3)).stream()).toList();

    assertThat(TestNames.of("loop-core", "loop-netty").unknown(named)).isEmpty();
  }

  @Test
  void everyRow_namesATest() {
    assertThat(rows).allMatch(row -> !Page.spans(row.get(3)).isEmpty());
  }
}
